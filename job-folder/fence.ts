// A store for the activities of one claim: after another job has taken the output over, it writes and removes nothing.

import type { JobRef } from '../domain/ids.ts';
import type { Sink, Store } from '../storage/store.ts';
import { requireClaim } from './job-file.ts';

/**
 * Checks the claim directly before a file appears, is replaced or is removed: an activity may have begun long before the takeover. What it does
 * may take effect long after the check, if a process or a network stands still. So it depends on the version that was there before the check:
 * what the new owner wrote since then stays. Reading needs no check.
 */
export function fenceStore(store: Store, ref: JobRef): Store {
  const whileClaimed = async <T>(act: () => Promise<T>): Promise<T> => {
    await requireClaim(store, ref);
    return act();
  };
  const readVersion = async (uri: string, signal?: AbortSignal): Promise<string | null> =>
    (await store.head(uri, signal))?.version ?? null;
  return {
    ...store,
    create: async (uri, options = {}) => {
      const { ifAbsent, ifVersion = ifAbsent ? undefined : await readVersion(uri, options.signal) } = options;
      return fenceSink(await store.create(uri, { ...options, ifVersion }), whileClaimed);
    },
    remove: async (uri, { signal } = {}) => {
      const ifVersion = await readVersion(uri, signal);
      await whileClaimed(async () => (ifVersion === null ? undefined : store.remove(uri, { signal, ifVersion })));
    },
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
