// How a row for Gemini's models on Vertex AI carries its custom id: one for embeddings has a key, and any other has no field for an id, so that a label
// of its request holds it. The answer repeats both. Works on bytes: a requests file may have a gigabyte.

import { InvariantBroken } from '../../../domain/refusal.ts';
import { opening } from '../request-line.ts';
import { embedEndpoint } from './requests.ts';

/** Names of labels begin with a lower-case letter. */
export const idLabel = 'nightshift-id';

const idBytes = 32;
const ending = '","request":{';
const headBytes = opening.length + idBytes + ending.length;
const newline = 10;

/** The rows of `encode`, each with a newline, in pieces of any size. `taken` is told the bytes of each piece. */
export async function* nameRows(
  pieces: AsyncIterable<Buffer>,
  endpoint: string,
  taken: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  const writeHead = endpoint === embedEndpoint ? writeKey : writeLabel;
  // What has come of a row's head; null once the head is over.
  let head: Buffer | null = Buffer.alloc(0);
  for await (const piece of pieces) {
    const named: Buffer[] = [];
    for (let at = 0; at < piece.length; ) {
      const end: number = head === null ? endOfRow(piece, at) : Math.min(piece.length, at + headBytes - head.length);
      const part = piece.subarray(at, end);
      at = end;
      if (head === null) {
        named.push(part);
        if (part.at(-1) === newline) head = Buffer.alloc(0);
        continue;
      }
      head = Buffer.concat([head, part]);
      if (head.length < headBytes) continue;
      named.push(Buffer.from(writeHead(readId(head)), 'latin1'));
      head = null;
    }
    if (named.length > 0) yield Buffer.concat(named);
    taken(piece.length);
  }
  if (head !== null && head.length > 0) throw new InvariantBroken('a row of a requests file was cut');
}

function endOfRow(piece: Buffer, at: number): number {
  const end = piece.indexOf(newline, at);
  return end === -1 ? piece.length : end + 1;
}

/** A request has further members: the comma is right. */
const writeLabel = (id: string): string => `{"request":{"labels":{"${idLabel}":"${id}"},`;
const writeKey = (id: string): string => `{"key":"${id}","request":{`;

function readId(head: Buffer): string {
  const text = head.toString('latin1');
  if (!text.startsWith(opening) || !text.endsWith(ending)) {
    throw new InvariantBroken('a row of a requests file does not have the form in which it was planned');
  }
  return text.slice(opening.length, opening.length + idBytes);
}
