// Chooses the store that serves a uri: the only place that names concrete stores. A uri without a scheme is a path below the data root, on
// local disk. There is no other store yet, and the local one refuses a uri with a scheme as `bad_uri`.

import { createFileStore } from './local/store.ts';
import type { Store } from './store.ts';

export interface StoreSettings {
  /** The folder that holds all files of uris without a scheme. */
  readonly dataRoot: string;
}

export function createStore({ dataRoot }: StoreSettings): Store {
  return createFileStore({ root: dataRoot });
}
