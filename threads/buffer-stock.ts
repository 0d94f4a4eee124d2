// Buffers that went to a thread or came from one, to be used again. New ones would pile up until they are collected, and each would have to be
// given pages by the kernel.

/** Most chunks fit into one. */
const blockBytes = 1.5 * 1024 * 1024;
/** A larger buffer was made for an unusual row: it is not kept. */
const keptBytesMax = 2 * blockBytes;
const keptMax = 6;

export class BufferStock {
  readonly #spare: ArrayBuffer[] = [];

  /** Its content is left over from earlier uses. */
  take(bytesMin: number): ArrayBuffer {
    const at = this.#spare.findIndex(({ byteLength }) => byteLength >= bytesMin);
    const found = at === -1 ? undefined : this.#spare.splice(at, 1)[0];
    // Not `new ArrayBuffer`, which would fill it with zeros first.
    return found ?? Buffer.allocUnsafeSlow(Math.max(bytesMin, blockBytes)).buffer;
  }

  /** Call it once for each buffer, when nothing uses it any more. */
  give(buffer: ArrayBuffer): void {
    const isUsual = buffer.byteLength >= blockBytes && buffer.byteLength <= keptBytesMax;
    if (isUsual && this.#spare.length < keptMax) this.#spare.push(buffer);
  }

  /** For the other side: up to `count` buffers. */
  takeSpare(count: number): ArrayBuffer[] {
    return this.#spare.splice(0, count);
  }
}
