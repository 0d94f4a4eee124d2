// A requests file as the elements of a JSON list, for creates that carry the items.

const newline = 0x0a;
const comma = 0x2c;
const space = 0x20;

/** Newlines become commas, and the last one a blank, so that the length stays the same. JSON has no raw newline inside a line. */
export async function* commaSeparated(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer | null = null;
  for await (const chunk of chunks) {
    if (chunk.length === 0) continue;
    if (held !== null) yield held;
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, at + 1)) chunk[at] = comma;
    held = chunk;
  }
  if (held === null) return;
  if (held.at(-1) === comma) held[held.length - 1] = space;
  yield held;
}
