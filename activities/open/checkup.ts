// Checks what a job needs of its worker: keys that the providers accept, a store that takes files, a clock that agrees with the server's.

import { activityInfo, cancellationSignal } from '@temporalio/activity';
import type { BucketVerdict, Checkup, KeyVerdict, StoreVerdict } from '../../domain/checkup.ts';
import { defaultAccount } from '../../domain/job.ts';
import { ProviderError } from '../../providers/error.ts';
import type { Provider } from '../../providers/provider.ts';
import { type Store, StoreError, type StoreProblem } from '../../storage/store.ts';
import type { ActivityDeps } from '../deps.ts';
import { measureFiles } from '../measure-files.ts';
import { tryAppend, tryBucket, tryExclusiveCreate, tryRename, tryWrite } from './store-trials.ts';

/** All keys and buckets are tried at the same time, and the doctor waits. */
const trialMs = 8000;

interface NamedAccount {
  readonly provider: string;
  readonly account: string;
}

export async function checkup(deps: ActivityDeps): Promise<Checkup> {
  const { store } = deps;
  const serverMs = activityInfo().currentAttemptScheduledTimestampMs;
  const clockMs = deps.now() - serverMs;
  const uri = (): string => `checkups/${deps.randomHex(8)}`;
  const accounts = deps.providerNames.flatMap((provider) =>
    deps.accounts(provider).map((account) => ({ provider, account })),
  );
  const [keys, buckets, roles, files] = await Promise.all([
    Promise.all(accounts.map((each) => checkKey(deps, each))),
    checkBuckets(deps, accounts),
    Promise.all(accounts.map((each) => checkRole(deps, each))),
    Promise.all(accounts.map((each) => checkFiles(deps, each))),
  ]);
  return {
    keys,
    buckets,
    roles: roles.filter((each) => each !== null),
    files: files.filter((each) => each !== null),
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
  { provider, account }: NamedAccount,
): Promise<Checkup['keys'][number]> {
  const { variable } = deps.credentials(provider, account);
  const verdict = isUsable(deps, { provider, account }) ? await tryKey(deps.provider(provider, account)) : 'missing';
  return { provider, ...(account === defaultAccount ? {} : { account }), variable, verdict };
}

function isUsable(deps: Pick<ActivityDeps, 'credentials'>, { provider, account }: NamedAccount): boolean {
  const { present, isConfigured } = deps.credentials(provider, account);
  return present && isConfigured;
}

async function checkFiles(
  deps: Pick<ActivityDeps, 'provider' | 'credentials'>,
  named: NamedAccount,
): Promise<NonNullable<Checkup['files']>[number] | null> {
  const provider = isUsable(deps, named) ? deps.provider(named.provider, named.account) : undefined;
  if (provider === undefined) return null;
  const usage = await measureFiles(provider, named.account, trialMs);
  const { lastingFilesMax = null, fileBytesMax = null } = provider.limits;
  return usage && { ...named, ...usage, lastingFilesMax, fileBytesMax };
}

async function tryKey(provider: Provider | undefined): Promise<KeyVerdict> {
  if (provider === undefined) return 'unsure';
  const signal = AbortSignal.any([cancellationSignal(), AbortSignal.timeout(trialMs)]);
  try {
    const verdict = await provider.check(null, { signal });
    return verdict === 'bad_key' ? 'refused' : verdict === 'ok' ? 'ok' : 'unsure';
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return 'unreachable';
  }
}

async function checkBuckets(
  deps: Pick<ActivityDeps, 'store' | 'bucket' | 'randomHex'>,
  accounts: readonly NamedAccount[],
): Promise<NonNullable<Checkup['buckets']>> {
  const trials = accounts.flatMap(({ provider, account }) => {
    const uri = deps.bucket(provider, account);
    return uri === null ? [] : [{ provider, account, uri }];
  });
  return Promise.all(
    trials.map(async (each) => ({
      ...each,
      verdict: await judgeBucket(deps.store, `${each.uri}checkups/${deps.randomHex(8)}`),
    })),
  );
}

async function checkRole(
  deps: Pick<ActivityDeps, 'provider' | 'credentials' | 'randomHex'>,
  named: NamedAccount,
): Promise<NonNullable<Checkup['roles']>[number] | null> {
  const provider = isUsable(deps, named) ? deps.provider(named.provider, named.account) : undefined;
  if (provider?.tryRole === undefined) return null;
  const signal = AbortSignal.any([cancellationSignal(), AbortSignal.timeout(trialMs)]);
  try {
    return { ...named, verdict: await provider.tryRole(deps.randomHex(8), { signal }) };
  } catch (error) {
    if (!(error instanceof StoreError || error instanceof ProviderError) && !signal.aborted) throw error;
    return { ...named, verdict: 'unsure' };
  }
}

async function judgeBucket(store: Store, uri: string): Promise<BucketVerdict> {
  const signal = AbortSignal.any([cancellationSignal(), AbortSignal.timeout(trialMs)]);
  try {
    return await tryBucket(store, uri, signal);
  } catch (error) {
    if (!(error instanceof StoreError) && !signal.aborted) throw error;
    return error instanceof StoreError ? toBucketVerdict(error.problem) : 'unavailable';
  }
}

function toBucketVerdict(problem: StoreProblem): BucketVerdict {
  switch (problem) {
    case 'no_bucket':
    case 'no_credentials':
    case 'unwritable':
    case 'unreadable':
      return problem;
    case 'bad_uri':
    case 'outside_root':
      return 'no_bucket';
    default:
      return 'unavailable';
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
