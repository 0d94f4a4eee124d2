// Decompresses gzip and zstd as a stream. Data that is cut or damaged fails; nothing of it is left out.

import { once } from 'node:events';
import { createGunzip, createZstdDecompress, type Gunzip, type ZstdDecompress } from 'node:zlib';

type Decompressor = Gunzip | ZstdDecompress;

const decompressors: Readonly<Record<string, () => Decompressor>> = { gz: createGunzip, zst: createZstdDecompress };

/** The compression that a file's name says; null if none. */
export function compressionOf(uri: string): string | null {
  return /\.(gz|zst)$/i.exec(uri)?.[1]?.toLowerCase() ?? null;
}

/** A chunk is valid until the next one is asked for. Fails with zlib's own error. */
export async function* decompress(source: AsyncIterable<Uint8Array>, compression: string): AsyncGenerator<Uint8Array> {
  const create = decompressors[compression] ?? createGunzip;
  const input = new Input(source);
  try {
    // Tools that compress in parallel, or that append, write several frames one after the other. Node's decoder of zstd stops after the first.
    while (await input.hasMore()) yield* decompressFrames(input, create());
  } finally {
    await input.close();
  }
}

async function* decompressFrames(input: Input, decoder: Decompressor): AsyncGenerator<Uint8Array> {
  const closed = once(decoder, 'close');
  closed.catch(() => undefined);
  const feeding = feed(input, decoder, closed);
  feeding.catch(() => undefined); // It fails where it is awaited.
  try {
    yield* decoder;
  } finally {
    decoder.destroy();
  }
  await feeding;
}

/** One chunk at a time, so that only the last chunk can have bytes which the decoder did not take. */
async function feed(input: Input, decoder: Decompressor, closed: Promise<unknown>): Promise<void> {
  let fed = 0;
  for (let chunk = await input.next(); chunk !== null; chunk = await input.next()) {
    const part = chunk;
    fed += part.length;
    const written = new Promise((resolve) => decoder.write(part, resolve));
    await Promise.race([written, closed]);
    const unused = fed - decoder.bytesWritten;
    if (unused > 0) return input.giveBack(part.subarray(part.length - unused));
  }
  decoder.end();
}

class Input {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Uint8Array | null = null;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  async hasMore(): Promise<boolean> {
    this.#rest = await this.next();
    return this.#rest !== null;
  }

  async next(): Promise<Uint8Array | null> {
    const rest = this.#rest;
    this.#rest = null;
    if (rest !== null) return rest;
    for (;;) {
      const { value, done } = await this.#chunks.next();
      if (done === true) return null;
      if (value.length > 0) return value;
    }
  }

  giveBack(rest: Uint8Array): void {
    this.#rest = rest;
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}
