// Checks what a job needs of its worker: keys that the providers accept, a store that takes files, a clock that agrees with the server's.

import { activityInfo, cancellationSignal } from '@temporalio/activity';
import type { Checkup, KeyVerdict, StoreVerdict } from '../../domain/checkup.ts';
import { ProviderError } from '../../providers/error.ts';
import type { Provider } from '../../providers/provider.ts';
import { StoreError } from '../../storage/store.ts';
import type { ActivityDeps } from '../deps.ts';
import { tryAppend, tryExclusiveCreate, tryRename, tryWrite } from './store-trials.ts';

/** All keys are tried at the same time, and the doctor waits. */
const keyCheckMs = 8000;

export async function checkup({ store, ...deps }: ActivityDeps): Promise<Checkup> {
  const serverMs = activityInfo().currentAttemptScheduledTimestampMs;
  const clockMs = deps.now() - serverMs;
  const uri = (): string => `checkups/${deps.randomHex(8)}`;
  return {
    keys: await Promise.all(deps.providerNames.map((provider) => checkKey(deps, provider))),
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

async function checkKey(
  deps: Pick<ActivityDeps, 'provider' | 'credentials'>,
  provider: string,
): Promise<Checkup['keys'][number]> {
  const { present, isConfigured, variable } = deps.credentials(provider);
  return { provider, variable, verdict: present && isConfigured ? await tryKey(deps.provider(provider)) : 'missing' };
}

async function tryKey(provider: Provider | undefined): Promise<KeyVerdict> {
  if (provider === undefined) return 'unsure';
  const signal = AbortSignal.any([cancellationSignal(), AbortSignal.timeout(keyCheckMs)]);
  try {
    const verdict = await provider.check(null, { signal });
    return verdict === 'bad_key' ? 'refused' : verdict === 'ok' ? 'ok' : 'unsure';
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return 'unreachable';
  }
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
