// Reads an object from a byte on, in one version of it.

import type { GetOptions, ObjectBody, ObjectPlace } from '../objects/client.ts';
import { StoreError } from '../store.ts';
import type { Gcs } from './call.ts';
import { gcsError, readStatus } from './error.ts';
import { requestGcs } from './request.ts';

/** For the answer's first byte. */
const answerMs = 60_000;

export async function getGcsObject(
  gcs: Gcs,
  place: ObjectPlace,
  { start, version }: GetOptions,
  signal?: AbortSignal,
): Promise<ObjectBody | null> {
  signal?.throwIfAborted();
  const ended = new AbortController();
  const timer = setTimeout(() => ended.abort(), answerMs);
  try {
    const response = await requestGcs(gcs, describePath(place, version), {
      method: 'GET',
      headers: { Range: `bytes=${start}-` },
      signal: signal === undefined ? ended.signal : AbortSignal.any([signal, ended.signal]),
    });
    // Its bytes would be decompressed on the way, so no range of them can be asked for.
    if (isTranscoded(response)) throw new StoreError('unreadable', place.uri);
    const bytes = response.headers.get('content-length');
    // A server that ignores the range would give the object again from its beginning. Without a length, a cut would look like the end.
    const isRange = start === 0 || response.headers.get('content-range')?.startsWith(`bytes ${start}-`) === true;
    if (!isRange || bytes === null) {
      await response.body?.cancel();
      throw new StoreError('unavailable', place.uri);
    }
    return {
      chunks: readChunks(response, place),
      bytes: Number(bytes),
      version: response.headers.get('x-goog-generation') ?? version ?? '',
    };
  } catch (error) {
    if (readStatus(error) === 416) return null;
    const isGone = readStatus(error) === 404 && version !== null;
    throw isGone ? new StoreError('unavailable', place.uri) : gcsError(error, place.uri, 'reading', signal);
  } finally {
    clearTimeout(timer);
  }
}

const isTranscoded = ({ headers }: Response): boolean =>
  headers.has('content-encoding') || headers.get('x-goog-stored-content-encoding') === 'gzip';

function describePath({ bucket, key }: ObjectPlace, version: string | null): string {
  const object = `/storage/v1/b/${encodeURIComponent(bucket)}/o/${encodeURIComponent(key)}`;
  return `${object}?alt=media${version === null ? '' : `&generation=${version}`}`;
}

async function* readChunks({ body }: Response, { uri }: ObjectPlace): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  try {
    yield* body;
  } catch {
    throw new StoreError('unavailable', uri);
  }
}
