// Checks what a job needs of its worker: keys, a store that takes files, a clock that agrees with the server's.

import { activityInfo } from '@temporalio/activity';
import type { Checkup } from '../../domain/checkup.ts';
import { type Store, StoreError } from '../../storage/store.ts';
import type { ActivityDeps } from '../deps.ts';

export async function checkup(deps: ActivityDeps): Promise<Checkup> {
  const clockMs = deps.now() - activityInfo().currentAttemptScheduledTimestampMs;
  return {
    keys: deps.providerNames.map((provider) => {
      const { present, variable } = deps.credentials(provider);
      return { provider, variable, verdict: present ? 'ok' : 'missing' };
    }),
    store: {
      verdict: await tryStore(deps.store, `checkups/${deps.randomHex(8)}`),
      freeBytes: await deps.store.freeBytes(),
    },
    clockMs,
    version: deps.version,
  };
}

/** The finding about the store: writes a file and removes it. */
async function tryStore(store: Store, uri: string): Promise<Checkup['store']['verdict']> {
  try {
    const sink = await store.create(uri);
    await sink.write(Buffer.from('a checkup'));
    await sink.close();
    await store.remove(uri);
    return 'ok';
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return error.problem === 'full' || error.problem === 'unwritable' ? error.problem : 'unavailable';
  }
}
