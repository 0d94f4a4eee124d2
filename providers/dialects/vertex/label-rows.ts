// Rows for Gemini's models on Vertex AI have no field for an id. So the custom id of a planned row becomes a label of its request, which the answer
// repeats. Works on bytes: a requests file may have a gigabyte.

import { InvariantBroken } from '../../../domain/refusal.ts';
import { opening } from '../request-line.ts';

/** Names of labels begin with a lower-case letter. */
export const idLabel = 'nightshift-id';

const idBytes = 32;
const ending = '","request":{';
const headBytes = opening.length + idBytes + ending.length;
const newline = 10;

/** The rows of `encode`, each with a newline, in pieces of any size. `taken` is told the bytes of each piece. */
export async function* labelRows(
  pieces: AsyncIterable<Buffer>,
  taken: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  // What has come of a row's head; null once the head is over.
  let head: Buffer | null = Buffer.alloc(0);
  for await (const piece of pieces) {
    const labelled: Buffer[] = [];
    for (let at = 0; at < piece.length; ) {
      const end: number = head === null ? endOfRow(piece, at) : Math.min(piece.length, at + headBytes - head.length);
      const part = piece.subarray(at, end);
      at = end;
      if (head === null) {
        labelled.push(part);
        if (part.at(-1) === newline) head = Buffer.alloc(0);
        continue;
      }
      head = Buffer.concat([head, part]);
      if (head.length < headBytes) continue;
      labelled.push(labelHead(head));
      head = null;
    }
    if (labelled.length > 0) yield Buffer.concat(labelled);
    taken(piece.length);
  }
  if (head !== null && head.length > 0) throw new InvariantBroken('a row of a requests file was cut');
}

function endOfRow(piece: Buffer, at: number): number {
  const end = piece.indexOf(newline, at);
  return end === -1 ? piece.length : end + 1;
}

/** A request has further members: the comma is right. */
function labelHead(head: Buffer): Buffer {
  const text = head.toString('latin1');
  if (!text.startsWith(opening) || !text.endsWith(ending)) {
    throw new InvariantBroken('a row of a requests file does not have the form in which it was planned');
  }
  const id = text.slice(opening.length, opening.length + idBytes);
  return Buffer.from(`{"request":{"labels":{"${idLabel}":"${id}"},`, 'latin1');
}
