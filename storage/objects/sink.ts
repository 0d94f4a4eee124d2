// Writes an object: a small one by one request, a large one in parts, of which one is sent while the next one fills.

import { type Sink, type Stored, StoreError, type StoreProblem, type WriteOptions } from '../store.ts';
import {
  type ObjectClient,
  type ObjectPlace,
  type ObjectUpload,
  partBytes,
  partsMax,
  type WriteCondition,
} from './client.ts';
import { findCompleted, makeCondition, putIfUnchanged } from './conditional.ts';

const firstBytes = 64 * 1024;

export class ObjectSink implements Sink {
  readonly #client: ObjectClient;
  readonly #place: ObjectPlace;
  readonly #signal: AbortSignal | undefined;
  /** Null if whatever is there is replaced. */
  readonly #condition: WriteCondition | null;
  /** If the condition does not hold. */
  readonly #problem: StoreProblem;
  /** The part that fills. It grows with its content, because most files of a job are small. */
  #part = Buffer.allocUnsafeSlow(firstBytes);
  #spare: Buffer<ArrayBuffer> | null = null;
  #used = 0;
  #bytes = 0;
  #parts = 0;
  #upload: Promise<ObjectUpload> | null = null;
  #sending: Promise<void> = Promise.resolve();
  #state: 'open' | 'closed' | 'aborted' = 'open';

  constructor(client: ObjectClient, place: ObjectPlace, { signal, ifAbsent = false, ifVersion }: WriteOptions = {}) {
    this.#client = client;
    this.#place = place;
    this.#signal = signal;
    const version = ifAbsent ? null : ifVersion;
    this.#condition = version === undefined ? null : makeCondition(version);
    this.#problem = ifAbsent ? 'exists' : 'changed';
  }

  write(chunk: Uint8Array): Promise<void> {
    return this.#orDiscard(async () => {
      for (let from = 0; from < chunk.length; ) {
        if (this.#used === partBytes) await this.#sendPart();
        const taken = chunk.subarray(from, from + partBytes - this.#used);
        this.#reserve(taken.length);
        this.#part.set(taken, this.#used);
        this.#used += taken.length;
        from += taken.length;
      }
      this.#bytes += chunk.length;
    });
  }

  close(): Promise<Stored> {
    return this.#orDiscard(async () => {
      const { version } = this.#upload === null ? await this.#putWhole() : await this.#complete(await this.#upload);
      this.#state = 'closed';
      return { uri: this.#place.uri, bytes: this.#bytes, version };
    });
  }

  async abort(): Promise<void> {
    if (this.#state !== 'open') return;
    this.#state = 'aborted';
    await this.#sending.catch(() => undefined);
    const upload = await this.#upload?.catch(() => null);
    await upload?.abort().catch(() => undefined);
  }

  async #orDiscard<T>(work: () => Promise<T>): Promise<T> {
    try {
      this.#signal?.throwIfAborted();
      if (this.#state !== 'open') throw new StoreError('unwritable', this.#place.uri);
      return await work();
    } catch (error) {
      await this.abort();
      this.#signal?.throwIfAborted();
      throw error instanceof StoreError && error.problem === 'exists'
        ? new StoreError(this.#problem, this.#place.uri)
        : error;
    }
  }

  #reserve(more: number): void {
    const needed = this.#used + more;
    if (needed <= this.#part.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.min(partBytes, Math.max(needed, this.#part.length * 2)));
    this.#part.copy(larger, 0, 0, this.#used);
    this.#part = larger;
  }

  /** Waits for the part before, and then sends this one while the next one fills. */
  async #sendPart(): Promise<void> {
    if (this.#parts >= partsMax - 1) throw new StoreError('full', this.#place.uri);
    this.#upload ??= this.#client.beginUpload(this.#place, this.#condition, this.#signal);
    const upload = await this.#upload;
    await this.#sending;
    const full = this.#part;
    this.#parts += 1;
    this.#sending = upload.part(full, this.#signal).then(() => {
      this.#spare = full;
    });
    this.#sending.catch(() => undefined); // It fails where the next part or `close` waits for it.
    this.#part = this.#spare ?? Buffer.allocUnsafeSlow(partBytes);
    this.#spare = null;
    this.#used = 0;
  }

  #putWhole(): Promise<Pick<Stored, 'version'>> {
    const content = this.#part.subarray(0, this.#used);
    if (this.#condition === null) return this.#client.put(this.#place, content, null, this.#signal);
    return putIfUnchanged(this.#client, this.#place, content, this.#condition, this.#signal);
  }

  async #complete(upload: ObjectUpload): Promise<Pick<Stored, 'version'>> {
    await this.#sending;
    await upload.part(this.#part.subarray(0, this.#used), this.#signal);
    try {
      return await upload.complete(this.#signal);
    } catch (error) {
      if (this.#condition === null) throw error;
      const written = { condition: this.#condition, bytes: this.#bytes };
      const found = await findCompleted(this.#client, this.#place, written, error, this.#signal);
      if (found === null) throw new StoreError('unavailable', this.#place.uri);
      return found;
    }
  }
}
