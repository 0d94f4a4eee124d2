// Recognizes a line that differs from an earlier one only in its custom id. Parsing is most of the work of reading a file, and the
// requests of a large benchmark are alike.
import type { BodyFacts } from '../answers/body-facts.ts';

const opening = Buffer.from('{"custom_id":"');
const quote = 0x22;
const plainId = /^[\w.:-]+$/;

export interface KnownLine {
  /** The line's bytes after the custom id. */
  readonly rest: Buffer;
  readonly facts: BodyFacts;
}

/** Null if a line with these bytes cannot be recognized by its custom id alone. */
export function rememberLine(bytes: Buffer, customId: string, facts: BodyFacts): KnownLine | null {
  const parts = splitLine(bytes);
  if (parts === null || parts.customId !== customId || parts.rest.includes('"custom_id"')) return null;
  return { rest: Buffer.from(parts.rest), facts };
}

/** The custom id of a line that is otherwise the known one, else null. */
export function readRepeatedId(bytes: Buffer, { rest }: KnownLine): string | null {
  const parts = splitLine(bytes);
  return parts?.rest.equals(rest) ? parts.customId : null;
}

function splitLine(bytes: Buffer): { customId: string; rest: Buffer } | null {
  if (!opening.equals(bytes.subarray(0, opening.length))) return null;
  const end = bytes.indexOf(quote, opening.length);
  if (end < 0) return null;
  const customId = bytes.toString('latin1', opening.length, end);
  return plainId.test(customId) ? { customId, rest: bytes.subarray(end) } : null;
}
