// Leaves out the beginning of a stream that was read before.

export async function* skipBytes(
  source: AsyncIterable<Uint8Array>,
  bytes: number,
  note?: (skipped: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  let left = bytes;
  for await (const chunk of source) {
    const skipped = Math.min(left, chunk.length);
    if (skipped > 0) note?.(chunk.subarray(0, skipped));
    left -= skipped;
    if (skipped < chunk.length) yield skipped === 0 ? chunk : chunk.subarray(skipped);
  }
}
