// A store for the activities of one claim: after another job has taken the output over, it writes and removes nothing.

import type { JobRef } from '../domain/ids.ts';
import type { Sink, Store } from '../storage/store.ts';
import { requireClaim } from './job-file.ts';

/**
 * Checks the claim directly before a file appears, is replaced or is removed: an activity may have begun long before the takeover. Reading
 * needs no check.
 */
export function fenceStore(store: Store, ref: JobRef): Store {
  const whileClaimed = async <T>(act: () => Promise<T>): Promise<T> => {
    await requireClaim(store, ref);
    return act();
  };
  return {
    ...store,
    create: async (uri, options) => fenceSink(await store.create(uri, options), whileClaimed),
    remove: (uri, signal) => whileClaimed(() => store.remove(uri, signal)),
    sweep: (folder, signal) => whileClaimed(() => store.sweep(folder, signal)),
    clear: (folder, signal) => whileClaimed(() => store.clear(folder, signal)),
    journal: (uri) => whileClaimed(() => store.journal(uri)),
  };
}

const fenceSink = (sink: Sink, whileClaimed: <T>(act: () => Promise<T>) => Promise<T>): Sink => ({
  write: (chunk) => sink.write(chunk),
  close: async () => {
    try {
      return await whileClaimed(() => sink.close());
    } catch (error) {
      await sink.abort();
      throw error;
    }
  },
  abort: () => sink.abort(),
});
