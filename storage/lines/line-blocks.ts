// Cuts a byte stream into blocks of whole lines, without finding each line.

const newline = 10;

/** Each block ends with a newline, which the last one gets if the stream has none there. A block is valid until the next one is asked for. */
export async function* lineBlocks(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = [];
  for await (const chunk of source) {
    const end = chunk.lastIndexOf(newline) + 1;
    if (end > 0) yield held.length === 0 ? chunk.subarray(0, end) : Buffer.concat([...held, chunk.subarray(0, end)]);
    if (end > 0) held = [];
    // A copy, because a source may reuse its chunk.
    if (end < chunk.length) held.push(Uint8Array.from(chunk.subarray(end)));
  }
  if (held.length > 0) yield Buffer.concat([...held, Uint8Array.of(newline)]);
}
