// The calls of Google Cloud Storage, by Google's client. It finds credentials by its own chain, and an emulator by STORAGE_EMULATOR_HOST.

import type { ListedObject, ObjectClient, ObjectPlace } from '../objects/client.ts';
import { StoreError } from '../store.ts';
import { callGcs, findFile, type Gcs, headGcsObject } from './call.ts';
import { getGcsObject } from './get.ts';
import { putGcsObject } from './put.ts';
import { beginGcsUpload } from './upload.ts';

/** The client makes a call again this often, within this time. */
const retriesMax = 3;
const retriesSeconds = 60;
const pageObjectsMax = 1000;

export async function createGcsClient(): Promise<ObjectClient> {
  const { IdempotencyStrategy, Storage } = await import('@google-cloud/storage');
  // Repeating any of these calls does no harm: a create has a condition, and each other call gives the same result again.
  const retryOptions = {
    maxRetries: retriesMax,
    totalTimeout: retriesSeconds,
    idempotencyStrategy: IdempotencyStrategy.RetryAlways,
  };
  const storage = new Storage({ retryOptions });
  // With an emulator, the client leaves out this path, which servers need.
  storage.baseUrl = `${storage.apiEndpoint}/storage/v1`;
  const gcs: Gcs = { storage };
  return {
    head: (place, signal) => headGcsObject(gcs, place, signal),
    get: (place, options, signal) => getGcsObject(gcs, place, options, signal),
    put: (place, content, condition, signal) => putGcsObject(gcs, place, content, condition, signal),
    beginUpload: (place, condition, signal) => beginGcsUpload(gcs, place, condition, signal),
    list: (place, signal) => list(gcs, place, signal),
    remove: (place, version, signal) => remove(gcs, place, version, signal),
    // Unfinished uploads cannot be listed. Nobody sees them, and they end by themselves after a week.
    sweep: async () => undefined,
    requireBucket: (place, signal) => requireBucket(gcs, place, signal),
  };
}

async function* list({ storage }: Gcs, place: ObjectPlace, signal?: AbortSignal): AsyncGenerator<ListedObject> {
  let pageToken: string | undefined;
  do {
    const query = {
      prefix: place.key,
      autoPaginate: false,
      maxResults: pageObjectsMax,
      ...(pageToken && { pageToken }),
    };
    const [files, next] = await callGcs(place, 'reading', signal, () => storage.bucket(place.bucket).getFiles(query));
    for (const { name, metadata } of files) {
      if (!name.startsWith(place.key)) continue;
      yield { key: name, bytes: Number(metadata.size), version: String(metadata.generation) };
    }
    const token = readToken(next);
    // Otherwise the same page would come for ever.
    if (token !== undefined && token === pageToken) throw new StoreError('unavailable', place.uri);
    pageToken = token;
  } while (pageToken !== undefined);
}

function readToken(next: object | null | undefined): string | undefined {
  const token: unknown = next ? Reflect.get(next, 'pageToken') : undefined;
  return typeof token === 'string' && token !== '' ? token : undefined;
}

async function remove(gcs: Gcs, place: ObjectPlace, version: string | null, signal?: AbortSignal): Promise<void> {
  const condition = version === null ? {} : { ifGenerationMatch: version };
  await callGcs(place, 'writing', signal, () => findFile(gcs, place).delete({ ignoreNotFound: true, ...condition }));
}

async function requireBucket({ storage }: Gcs, place: ObjectPlace, signal?: AbortSignal): Promise<void> {
  try {
    // Any list will do: permission to look at the bucket itself is rarer.
    await callGcs(place, 'reading', signal, () =>
      storage.bucket(place.bucket).getFiles({ prefix: place.key, maxResults: 1, autoPaginate: false }),
    );
  } catch (error) {
    if (error instanceof StoreError && error.problem === 'missing') throw new StoreError('no_bucket', place.uri);
    if (!(error instanceof StoreError && error.problem === 'unreadable')) throw error;
  }
}
