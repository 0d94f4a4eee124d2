// Checks what a job needs of its worker: keys, a store that takes files, a clock that agrees with the server's.

import { activityInfo } from '@temporalio/activity';
import type { Checkup, StoreVerdict } from '../../domain/checkup.ts';
import { StoreError } from '../../storage/store.ts';
import type { ActivityDeps } from '../deps.ts';
import { tryAppend, tryExclusiveCreate, tryRename, tryWrite } from './store-trials.ts';

export async function checkup({ store, ...deps }: ActivityDeps): Promise<Checkup> {
  const serverMs = activityInfo().currentAttemptScheduledTimestampMs;
  const clockMs = deps.now() - serverMs;
  const uri = (): string => `checkups/${deps.randomHex(8)}`;
  return {
    keys: deps.providerNames.map((provider) => {
      const { present, variable } = deps.credentials(provider);
      return { provider, variable, verdict: present ? 'ok' : 'missing' };
    }),
    store: {
      verdict: await judgeTrial(() => tryWrite(store, uri())),
      freeBytes: await store.freeBytes(),
      abilities: {
        exclusiveCreate: await judgeTrial(() => tryExclusiveCreate(store, uri())),
        rename: await judgeTrial(() => tryRename(store, uri())),
        append: await judgeTrial(() => tryAppend(store, uri())),
      },
    },
    clockMs,
    serverMs,
    version: deps.version,
  };
}

/** The verdict that a trial gives, or that its failure amounts to. */
async function judgeTrial<Verdict>(run: () => Promise<Verdict>): Promise<Verdict | StoreVerdict> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return error.problem === 'full' || error.problem === 'unwritable' ? error.problem : 'unavailable';
  }
}
