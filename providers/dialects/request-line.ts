// The bytes of a request line: its custom id stands first, at a fixed offset, so that it can be exchanged without parsing.

import type { CustomId } from '../../domain/ids.ts';
import { parsedFields } from '../json-fields.ts';

export const opening = '{"custom_id":"';
const idStart = opening.length;
const idEnd = idStart + 32;
const quote = 0x22;

export function relabelled(line: Buffer, customId: CustomId): Buffer {
  if (!hasIdInPlace(line)) return reencoded(line, customId);
  const copy = Buffer.from(line);
  copy.write(customId, idStart, 'latin1');
  return copy;
}

/** The wire id, and the JSON text of the value that ends the line under `field`. */
export interface LineParts {
  readonly customId: string;
  /** What stands between the id and the last field. */
  readonly head: string;
  readonly body: string;
}

export function splitLine(line: Buffer, field: string): LineParts {
  const marker = `,"${field}":`;
  const at = line.indexOf(marker);
  if (!hasIdInPlace(line) || at < 0) throw new Error(`a request line of ${line.length} bytes is not as it was encoded`);
  const end = line.lastIndexOf('}');
  return {
    customId: line.toString('latin1', idStart, idEnd),
    head: line.toString('utf8', idEnd + 1, at),
    body: line.toString('utf8', at + marker.length, end),
  };
}

function hasIdInPlace(line: Buffer): boolean {
  return line.length > idEnd && line[idEnd] === quote && line.toString('latin1', 0, idStart) === opening;
}

/** A line that somebody else wrote. */
function reencoded(line: Buffer, customId: CustomId): Buffer {
  const record = parsedFields(line.toString('utf8'));
  if (record === null) throw new Error(`a request line of ${line.length} bytes is no JSON object`);
  const { custom_id: _, ...rest } = record;
  return Buffer.from(JSON.stringify({ custom_id: customId, ...rest }));
}
