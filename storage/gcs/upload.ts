// Uploads to Google Cloud Storage in parts. The client begins the session; each part is one request of our own, so that a failure is never lost
// inside of a stream.

import type { ObjectFacts, ObjectPlace, ObjectUpload, WriteCondition } from '../objects/client.ts';
import { StoreError } from '../store.ts';
import { callGcs, conditioned, findFile, type Gcs, headGcsObject } from './call.ts';
import { gcsError } from './error.ts';

const partMs = 5 * 60_000;
const triesMax = 4;

export async function beginGcsUpload(
  gcs: Gcs,
  place: ObjectPlace,
  condition: WriteCondition | null,
  signal?: AbortSignal,
): Promise<ObjectUpload> {
  const [session] = await callGcs(place, 'writing', signal, () =>
    findFile(gcs, place).createResumableUpload(conditioned(condition)),
  );
  return new ResumableUpload(session, place, {
    async find() {
      const found = condition === null ? null : await headGcsObject(gcs, place, signal);
      return found?.mark === condition?.mark ? found : null;
    },
    async remove(version) {
      const generation = { ignoreNotFound: true, ifGenerationMatch: version };
      await callGcs(place, 'writing', signal, () => findFile(gcs, place).delete(generation));
    },
  });
}

/** The object that the server has made of the upload. */
interface MadeObject {
  /** Null if there is none, or if it is not known whose it is. */
  find(): Promise<ObjectFacts | null>;
  remove(version: string): Promise<void>;
}

/** What the server has of the upload. `version` is set when the object exists: then it has as many bytes as are stored. */
interface Progress {
  readonly stored: number;
  readonly version: string | null;
}

class ResumableUpload implements ObjectUpload {
  readonly #session: string;
  readonly #place: ObjectPlace;
  readonly #made: MadeObject;
  /** Where the next part begins. */
  #position = 0;
  /** Held until it is known whether it is the last one, which says how long the object is. */
  #held: Buffer | null = null;

  constructor(session: string, place: ObjectPlace, made: MadeObject) {
    this.#session = session;
    this.#place = place;
    this.#made = made;
  }

  async part(content: Uint8Array, signal?: AbortSignal): Promise<void> {
    if (this.#held !== null) await this.#send(this.#held, false, signal);
    // A copy, because the caller fills the same buffer again. What was sent is not needed any more: new copies would pile up.
    const copy = this.#held !== null && this.#held.length >= content.length ? this.#held : Buffer.alloc(content.length);
    copy.set(content);
    this.#held = copy.subarray(0, content.length);
  }

  async complete(signal?: AbortSignal): Promise<{ readonly version: string }> {
    const { version } = await this.#send(this.#held ?? Buffer.alloc(0), true, signal);
    if (version === null) throw new StoreError('unavailable', this.#place.uri);
    return { version };
  }

  async abort(): Promise<void> {
    await fetch(this.#session, { method: 'DELETE', signal: AbortSignal.timeout(partMs) });
  }

  /** If a request fails, the server is asked how much it has, and the rest is sent. */
  async #send(content: Buffer, isLast: boolean, signal?: AbortSignal): Promise<Progress> {
    const end = this.#position + content.length;
    let failure: unknown = null;
    for (let tries = 0; tries < triesMax; tries += 1) {
      try {
        const from = failure === null ? this.#position : null;
        const done = from === null ? await this.#ask(signal) : await this.#put(content, from, isLast, signal);
        failure = null;
        if (done.version !== null && !isWhole(done, isLast ? end : null)) await this.#refuseObject(done.version);
        if (done.version !== null || (done.stored >= end && !isLast)) {
          this.#position = end;
          return done;
        }
        if (done.stored < this.#position) throw new StoreError('unavailable', this.#place.uri);
        content = content.subarray(done.stored - this.#position);
        this.#position = done.stored;
      } catch (error) {
        if (!(error instanceof StoreError) || error.problem !== 'unavailable') throw error;
        failure = error;
      }
    }
    throw new StoreError('unavailable', this.#place.uri);
  }

  /** Servers exist that take the question how much they have for the end of the upload. */
  async #refuseObject(version: string): Promise<never> {
    await this.#made.remove(version);
    throw new StoreError('unwritable', this.#place.uri);
  }

  #put(content: Buffer, from: number, isLast: boolean, signal?: AbortSignal): Promise<Progress> {
    const end = from + content.length;
    const total = isLast ? String(end) : '*';
    const range = content.length === 0 ? `bytes */${total}` : `bytes ${from}-${end - 1}/${total}`;
    return this.#request(range, content, signal);
  }

  #ask(signal?: AbortSignal): Promise<Progress> {
    return this.#request('bytes */*', Buffer.alloc(0), signal);
  }

  async #request(range: string, body: Buffer, signal?: AbortSignal): Promise<Progress> {
    const { uri } = this.#place;
    const deadline = AbortSignal.timeout(partMs);
    try {
      const response = await fetch(this.#session, {
        method: 'PUT',
        headers: { 'Content-Range': range, 'Content-Length': String(body.length) },
        // As a stream: of bytes, fetch makes a copy.
        body: ReadableStream.from([body]),
        duplex: 'half',
        redirect: 'manual',
        signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
      });
      const text = await response.text();
      if (response.status === 308) return { stored: readStored(response.headers.get('range')), version: null };
      if (response.ok) {
        const { size, generation } = JSON.parse(text);
        return { stored: Number(size), version: String(generation) };
      }
      // A session that is gone cannot be continued, and the file must be written again. It may be complete, and the answer was lost.
      if (response.status === 404 || response.status === 410) {
        const made = await this.#made.find();
        if (made !== null) return { stored: made.bytes, version: made.version };
        throw new StoreError('unavailable', uri);
      }
      throw Object.assign(new Error('refused'), { code: response.status });
    } catch (error) {
      throw gcsError(error, uri, 'writing', signal);
    }
  }
}

/** If the server does not say how many bytes the object has, its word counts. */
const isWhole = ({ stored }: Progress, bytes: number | null): boolean =>
  bytes !== null && (Number.isNaN(stored) || stored === bytes);

/** `bytes=0-8388607` means that this many and one more are stored; no header means none. */
const readStored = (range: string | null): number => Number(/-(\d+)$/.exec(range ?? '')?.[1] ?? -1) + 1;
