// The one form of request line. The custom id comes first, at a fixed offset, so that it can be replaced without parsing; the body comes last,
// so that its text can be cut out. Only `encode` of a dialect writes such lines, whatever form the dataset's rows had.

import type { CustomId } from '../../domain/ids.ts';
import { InvariantBroken } from '../../domain/refusal.ts';

/** The part of a dialect's line before the body. */
export interface LineHead {
  /** Group 1 is the custom id, group 2 the endpoint if the line names it. */
  readonly pattern: RegExp;
  /** Where the custom id begins. */
  readonly customIdAt: number;
}

export interface LineParts {
  readonly customId: string;
  /** Empty if the dialect's lines do not name it. */
  readonly endpoint: string;
  /** The body's own text. */
  readonly body: string;
}

/** How most dialects' lines begin. */
export const opening = '{"custom_id":"';
/** The form of a `CustomId`. */
const idPattern = '([0-9a-f]{32})';
/** Longer than any head: only so many bytes are matched. */
const headBytesMax = 512;
const closeBrace = 0x7d;

/** `between` is the pattern of the text between the custom id's quotes and the body; `begin` is the text before the custom id. */
export function makeLineHead(between: string, begin: string = opening): LineHead {
  const pattern = new RegExp(`^\\${begin}${idPattern}"${between}(?=\\{)`);
  return { pattern, customIdAt: begin.length };
}

/** The same line under another custom id. Throws InvariantBroken if the line has another form. */
export function relabelLine(head: LineHead, line: Buffer, customId: CustomId): Buffer {
  matchHead(head, line);
  const copy = Buffer.from(line);
  copy.write(customId, head.customIdAt, 'latin1');
  return copy;
}

/** Throws InvariantBroken if the line has another form. */
export function splitLine(head: LineHead, line: Buffer): LineParts {
  const [matched, customId = '', endpoint = ''] = matchHead(head, line);
  return { customId, endpoint, body: line.toString('utf8', matched.length, line.length - 1) };
}

/** A head is ASCII: its length in characters is its length in bytes. */
function matchHead(head: LineHead, line: Buffer): RegExpExecArray {
  const matched = head.pattern.exec(line.toString('latin1', 0, headBytesMax));
  if (matched === null || line.at(-1) !== closeBrace || line.at(-2) !== closeBrace) {
    throw new InvariantBroken(`a request line of ${line.length} bytes does not have the form in which it was planned`);
  }
  return matched;
}
