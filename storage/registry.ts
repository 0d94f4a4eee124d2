// Chooses the store that serves a uri by its scheme: the only place that names concrete stores. A uri without a scheme is a path below the data
// root, on local disk. The other stores load when they are first used.

import { readScheme, type StoreScheme } from '../domain/store-uri.ts';
import { createFileStore } from './local/store.ts';
import type { Store } from './store.ts';

export interface StoreSettings {
  /** The folder that holds all files of uris without a scheme. */
  readonly dataRoot: string;
  /** Whether S3's URLs have the bucket in their path. */
  readonly s3PathStyle: boolean;
  /** The folder for copies of remote files. Default: the system's folder for temporary files. */
  readonly scratch?: string | undefined;
}

/** The settings of stores in the environment. Everything else is read by the vendors' own libraries. */
export function readStoreSettings(read: (variable: string) => string | null): Pick<StoreSettings, 's3PathStyle'> {
  const pathStyle = read('NIGHTSHIFT_S3_PATH_STYLE');
  if (pathStyle !== null && pathStyle !== 'true' && pathStyle !== 'false') {
    throw new Error('NIGHTSHIFT_S3_PATH_STYLE: must be "true" or "false"');
  }
  // Servers with an address of their own rarely have a host's name for each bucket.
  const hasEndpoint = read('AWS_ENDPOINT_URL_S3') !== null || read('AWS_ENDPOINT_URL') !== null;
  return { s3PathStyle: pathStyle === null ? hasEndpoint : pathStyle === 'true' };
}

const makers: Readonly<Record<StoreScheme, (settings: StoreSettings) => Promise<Store>>> = {
  s3: async ({ s3PathStyle, scratch }) => {
    const [{ createS3Client }, { createObjectStore }] = await Promise.all([
      import('./s3/client.ts'),
      import('./objects/store.ts'),
    ]);
    return createObjectStore(await createS3Client({ pathStyle: s3PathStyle }), { scratch });
  },
  gs: async ({ scratch }) => {
    const [{ createGcsClient }, { createObjectStore }] = await Promise.all([
      import('./gcs/client.ts'),
      import('./objects/store.ts'),
    ]);
    return createObjectStore(await createGcsClient(), { scratch });
  },
};

export function createStore(settings: StoreSettings): Store {
  const local = createFileStore({ root: settings.dataRoot });
  const made = new Map<StoreScheme, Promise<Store>>();
  const remote = (scheme: StoreScheme): Promise<Store> => {
    const store = made.get(scheme) ?? makers[scheme](settings);
    made.set(scheme, store);
    return store;
  };
  // The local store refuses a scheme that it does not know.
  const choose = async (uri: string): Promise<Store> => {
    const scheme = readScheme(uri);
    return scheme === null ? local : remote(scheme);
  };
  return {
    read: (uri, options) =>
      readScheme(uri) === null ? local.read(uri, options) : later(choose(uri), (store) => store.read(uri, options)),
    list: (prefix, signal) =>
      readScheme(prefix) === null
        ? local.list(prefix, signal)
        : later(choose(prefix), (store) => store.list(prefix, signal)),
    create: async (uri, options) => (await choose(uri)).create(uri, options),
    head: async (uri, signal) => (await choose(uri)).head(uri, signal),
    remove: async (uri, options) => (await choose(uri)).remove(uri, options),
    sweep: async (folder, options) => (await choose(folder)).sweep(folder, options),
    clear: async (folder, signal) => (await choose(folder)).clear(folder, signal),
    freeBytes: () => local.freeBytes(),
    journal: async (uri) => (await choose(uri)).journal(uri),
    localFile: async (uri, signal) => (await choose(uri)).localFile(uri, signal),
  };
}

async function* later<T>(store: Promise<Store>, begin: (store: Store) => AsyncIterable<T>): AsyncGenerator<T> {
  yield* begin(await store);
}
