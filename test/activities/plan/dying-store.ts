// A store that stops for good after so many calls, as a killed process would, and what its planners leave.

import { type Store, StoreError } from '../../../storage/store.ts';

export const died = (): StoreError => new StoreError('unavailable', 'the machine is off');

export function dyingStore(store: Store, callsLeft: number): Store {
  let left = callsLeft;
  const live = (): void => {
    left -= 1;
    if (left < 0) throw died();
  };
  return {
    ...store,
    async *read(uri, options) {
      for await (const chunk of store.read(uri, options)) {
        live();
        yield chunk;
      }
    },
    head: async (uri, signal) => {
      live();
      return store.head(uri, signal);
    },
    remove: async (uri, signal) => {
      live();
      return store.remove(uri, signal);
    },
    create: async (uri, options) => {
      live();
      const sink = await store.create(uri, options);
      return {
        write: async (chunk) => {
          live();
          await sink.write(chunk);
        },
        close: async () => {
          live();
          return sink.close();
        },
        abort: () => sink.abort(),
      };
    },
  };
}

/** A kill between manifest and cleaning up leaves parts, which nobody reads again. */
export const withoutParts = (digests: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(digests).filter(([name]) => !/\.unfinished-|\.part-/.test(name)));
