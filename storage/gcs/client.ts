// The calls of Google Cloud Storage, by Google's client. It finds credentials by its own chain, and an emulator by STORAGE_EMULATOR_HOST.

import type { Readable } from 'node:stream';
import type {
  GetOptions,
  ListedObject,
  ObjectBody,
  ObjectClient,
  ObjectFacts,
  ObjectPlace,
  PutOptions,
} from '../objects/client.ts';
import { StoreError } from '../store.ts';
import { callGcs, conditioned, findFile, type Gcs, markName } from './call.ts';
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
    head: (place, signal) => head(gcs, place, signal),
    get: (place, options, signal) => get(gcs, place, options, signal),
    put: (place, content, options, signal) => put(gcs, place, content, options, signal),
    beginUpload: (place, options, signal) => beginGcsUpload(gcs, place, options, signal),
    list: (place, signal) => list(gcs, place, signal),
    remove: (place, signal) => remove(gcs, place, signal),
    // Unfinished uploads cannot be listed. Nobody sees them, and they end by themselves after a week.
    sweep: async () => undefined,
    requireBucket: (place, signal) => requireBucket(gcs, place, signal),
  };
}

async function head(gcs: Gcs, place: ObjectPlace, signal?: AbortSignal): Promise<ObjectFacts | null> {
  try {
    const [found] = await callGcs(place, 'reading', signal, () => findFile(gcs, place).getMetadata());
    const mark = found.metadata?.[markName];
    return {
      bytes: Number(found.size),
      version: String(found.generation),
      mark: typeof mark === 'string' ? mark : null,
    };
  } catch (error) {
    if (error instanceof StoreError && error.problem === 'missing') return null;
    throw error;
  }
}

async function get(
  { storage }: Gcs,
  place: ObjectPlace,
  { start, version }: GetOptions,
  signal?: AbortSignal,
): Promise<ObjectBody | null> {
  const pinned = version === null ? {} : { generation: version };
  const file = storage.bucket(place.bucket).file(place.key, pinned);
  // The range also keeps the client from checking a sum, which a stream that is continued cannot have.
  const stream = file.createReadStream({ start, decompress: false });
  stream.on('error', () => undefined); // It fails where the stream is read.
  try {
    const response = await callGcs(place, 'reading', signal, () => awaitResponse(stream));
    if (response === null) {
      stream.destroy();
      return null;
    }
    const { headers } = response;
    return {
      chunks: readChunks(stream, place),
      bytes: Number(headers['content-length'] ?? 0),
      version: String(headers['x-goog-generation'] ?? version),
    };
  } catch (error) {
    stream.destroy();
    // The pinned version is gone.
    const isGone = error instanceof StoreError && error.problem === 'missing' && version !== null;
    throw isGone ? new StoreError('unavailable', place.uri) : error;
  }
}

interface Response {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** Null if the object ends before the range. */
function awaitResponse(stream: Readable): Promise<Response | null> {
  return new Promise((resolve, reject) => {
    // A refusal comes as a response too, and only later as an error.
    stream.once('response', (response: Response) => {
      const { statusCode: code } = response;
      if (code < 400 || code === 416) resolve(code === 416 ? null : response);
      else reject(Object.assign(new Error('refused'), { code }));
    });
    stream.once('error', reject);
    // The client asks when somebody begins to read.
    stream.read(0);
  });
}

async function* readChunks(stream: Readable, { uri }: ObjectPlace): AsyncGenerator<Uint8Array> {
  try {
    yield* stream;
  } catch {
    throw new StoreError('unavailable', uri);
  } finally {
    stream.destroy();
  }
}

async function put(
  gcs: Gcs,
  place: ObjectPlace,
  content: Uint8Array,
  { mark }: PutOptions,
  signal?: AbortSignal,
): Promise<Pick<ObjectFacts, 'version'>> {
  const file = findFile(gcs, place);
  await callGcs(place, 'writing', signal, () =>
    file.save(Buffer.from(content.buffer, content.byteOffset, content.length), {
      resumable: false,
      ...conditioned(mark),
    }),
  );
  return { version: String(file.metadata.generation) };
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
      yield { key: name, bytes: Number(metadata.size), version: String(metadata.generation) };
    }
    pageToken = readToken(next);
  } while (pageToken !== undefined);
}

function readToken(next: object | null | undefined): string | undefined {
  const token: unknown = next ? Reflect.get(next, 'pageToken') : undefined;
  return typeof token === 'string' && token !== '' ? token : undefined;
}

async function remove(gcs: Gcs, place: ObjectPlace, signal?: AbortSignal): Promise<void> {
  await callGcs(place, 'writing', signal, () => findFile(gcs, place).delete({ ignoreNotFound: true }));
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
