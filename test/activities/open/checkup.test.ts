// The worker's report on its surroundings: what it tries on the data root, and the clocks.

import { readdirSync } from 'node:fs';
import { noopMetricMeter } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, test } from 'vitest';
import type { ActivityDeps } from '../../../activities/deps.ts';
import { checkup } from '../../../activities/open/checkup.ts';
import type { Checkup } from '../../../domain/checkup.ts';
import { ProviderError } from '../../../providers/error.ts';
import type { Provider } from '../../../providers/provider.ts';
import { type Store, StoreError, type StoreProblem } from '../../../storage/store.ts';
import { type Folder, folderWith, openaiOffline, quietEnvironment } from '../plan/planning.ts';
import { wholeDeps } from '../whole-job.ts';

async function examine(
  folder: Folder,
  change: Partial<Store> = {},
  check: Provider['check'] = async () => 'ok',
): Promise<Checkup> {
  const deps = wholeDeps(folder);
  const provider = (): Provider => ({ ...openaiOffline, check });
  return quietEnvironment().run(() => checkup({ ...deps, provider, store: { ...deps.store, ...change } }));
}

const bareError = { status: null, code: null, requestId: null, retryAfterMs: null, ambiguous: false };

const checks: readonly (readonly [string, Provider['check']])[] = [
  ['ok', async () => 'ok'],
  ['refused', async () => 'bad_key'],
  ['unsure', async () => 'unsure'],
  ['unreachable', () => Promise.reject(new ProviderError('openai', { ...bareError, fault: 'connection' }))],
];

test.each(checks)('a key that is tried is %s', async (verdict, check) => {
  const { keys } = await examine(await folderWith([]), {}, check);
  expect(keys.map((key) => key.verdict)).toEqual(keys.map(() => verdict));
  expect(keys).not.toEqual([]);
});

test('an account of which nothing is given is not tried: a server that needs no key may not be there', async () => {
  const deps = {
    ...wholeDeps(await folderWith([])),
    credentials: () => ({ present: true, isConfigured: false, variable: 'VLLM_API_KEY' }),
    provider: (): Provider => ({ ...openaiOffline, check: () => Promise.reject(new Error('it was tried')) }),
  };
  const { keys }: Checkup = await quietEnvironment().run(() => checkup(deps));
  expect(keys.map(({ verdict }) => verdict)).toEqual(['missing']);
});

test('each account’s key is tried, and an account of the config file is named', async () => {
  const deps: ActivityDeps = {
    ...wholeDeps(await folderWith([])),
    accounts: () => ['default', 'eu'],
    credentials: (name, account) => ({ present: true, isConfigured: true, variable: `${name}/${account}` }),
    provider: (_name, account) => ({ ...openaiOffline, check: async () => (account === 'eu' ? 'bad_key' : 'ok') }),
  };
  const { keys }: Checkup = await quietEnvironment().run(() => checkup(deps));
  expect(keys).toEqual([
    { provider: 'openai', variable: 'openai/default', verdict: 'ok' },
    { provider: 'openai', account: 'eu', variable: 'openai/eu', verdict: 'refused' },
  ]);
});

/** Keeps the last value and tags of each gauge. */
const gaugeInto = (gauges: Record<string, unknown>) =>
  Object.assign(Object.create(noopMetricMeter), {
    createGauge: (name: string) => ({
      set: (...last: unknown[]) => {
        gauges[name] = last;
      },
    }),
  });

test('the files of each account with a key are measured, and a provider that does not list them is left out', async () => {
  const usage = { files: 2, bytes: 30, own: 1, lasting: 0, isWhole: true };
  const failure = new ProviderError('openai', { ...bareError, fault: 'connection' });
  const measures: Readonly<Record<string, Provider['measureFiles']>> = {
    default: async () => usage,
    refused: () => Promise.reject(failure),
    keyless: () => Promise.reject(new Error('it was asked')),
  };
  const deps: ActivityDeps = {
    ...wholeDeps(await folderWith([])),
    accounts: () => [...Object.keys(measures), 'bare'],
    credentials: (_name, account) => ({ present: account !== 'keyless', isConfigured: true, variable: 'KEY' }),
    provider: (_name, account = '') => {
      const measureFiles = measures[account];
      return { ...openaiOffline, check: async () => 'ok', ...(measureFiles && { measureFiles }) };
    },
  };
  const gauges: Record<string, unknown> = {};
  const meter = gaugeInto(gauges);
  const { files }: Checkup = await new MockActivityEnvironment({}, { metricMeter: meter }).run(() => checkup(deps));
  const bounds = { lastingFilesMax: null, fileBytesMax: openaiOffline.limits.fileBytesMax };
  expect(files).toEqual([{ provider: 'openai', account: 'default', ...usage, ...bounds }]);
  const tags = { provider: 'openai', account: 'default' };
  expect(gauges).toMatchObject({ nightshift_provider_files: [2, tags], nightshift_provider_file_bytes: [30, tags] });
});

test('the bucket of each account that has one is tried, and nothing is left in it', async () => {
  const folder = await folderWith([]);
  const { store } = folder;
  const failures: Readonly<Record<string, StoreProblem>> = {
    gone: 'no_bucket',
    denied: 'no_credentials',
    locked: 'unwritable',
    full: 'full',
  };
  /** Each bucket has its own way to fail, which its name tells. */
  const accountOf = (uri: string): string => /^openai-(\w+)\//.exec(uri)?.[1] ?? '';
  const odd: Store = {
    ...store,
    create: async (uri, options) => {
      const problem = failures[accountOf(uri)];
      if (problem !== undefined) throw new StoreError(problem, uri);
      return store.create(uri, options);
    },
    list: async function* (uri, signal) {
      if (accountOf(uri) !== 'blind') yield* store.list(uri, signal);
    },
    read: async function* (uri, options) {
      if (accountOf(uri) === 'stale') yield Buffer.from('something else');
      else yield* store.read(uri, options);
    },
  };
  const accounts = ['default', 'eu', ...Object.keys(failures), 'blind', 'stale'];
  const deps: ActivityDeps = {
    ...wholeDeps(folder),
    store: odd,
    accounts: () => [...accounts, 'bare'],
    credentials: () => ({ present: false, isConfigured: false, variable: 'KEY' }),
    bucket: (name, account) => (account === 'bare' ? null : `${name}-${account}/`),
  };
  const { buckets = [] }: Checkup = await quietEnvironment().run(() => checkup(deps));
  expect(buckets.map(({ account, uri, verdict }) => [account, uri, verdict])).toEqual([
    ['default', 'openai-default/', 'ok'],
    ['eu', 'openai-eu/', 'ok'],
    ['gone', 'openai-gone/', 'no_bucket'],
    ['denied', 'openai-denied/', 'no_credentials'],
    ['locked', 'openai-locked/', 'unwritable'],
    ['full', 'openai-full/', 'unavailable'],
    ['blind', 'openai-blind/', 'wrong'],
    ['stale', 'openai-stale/', 'wrong'],
  ]);
  for (const account of ['default', 'eu', 'blind', 'stale']) {
    expect(readdirSync(`${folder.root}/openai-${account}/checkups`)).toEqual([]);
  }
});

test('the role of each account that has one and a key is tried, and what cannot be tried is unsure', async () => {
  const folder = await folderWith([]);
  const names: string[] = [];
  const roles: Readonly<Record<string, NonNullable<Provider['tryRole']>>> = {
    default: async (name) => {
      names.push(name);
      return 'ok';
    },
    eu: async () => 'refused',
    us: () => Promise.reject(new ProviderError('openai', { ...bareError, fault: 'connection' })),
    full: () => Promise.reject(new StoreError('full', 'x')),
  };
  const deps: ActivityDeps = {
    ...wholeDeps(folder),
    accounts: () => [...Object.keys(roles), 'bare', 'keyless'],
    credentials: (_, account) => ({ present: account !== 'keyless', isConfigured: true, variable: 'KEY' }),
    provider: (_, account = '') => {
      const tryRole = account === 'keyless' ? roles.default : roles[account];
      return { ...openaiOffline, check: async () => 'ok' as const, ...(tryRole && { tryRole }) };
    },
  };
  const found: Checkup = await quietEnvironment().run(() => checkup(deps));
  expect(found.roles?.map(({ account, verdict }) => [account, verdict])).toEqual([
    ['default', 'ok'],
    ['eu', 'refused'],
    ['us', 'unsure'],
    ['full', 'unsure'],
  ]);
  expect(names).toEqual([expect.stringMatching(/./)]);
});

test('a good data root can do everything, and nothing is left in it', async () => {
  const folder = await folderWith([]);
  const { store, serverMs } = await examine(folder);
  expect(store).toMatchObject({
    verdict: 'ok',
    abilities: { exclusiveCreate: 'ok', rename: 'ok', append: 'ok' },
  });
  expect(serverMs).toEqual(expect.any(Number));
  expect(readdirSync(`${folder.root}/checkups`)).toEqual([]);
});

test('a store that lets two create the same file is found', async () => {
  const folder = await folderWith([]);
  const { store } = folder;
  const { abilities } = (await examine(folder, { create: (uri) => store.create(uri) })).store;
  expect(abilities).toEqual({ exclusiveCreate: 'wrong', rename: 'ok', append: 'ok' });
});

test('a store that keeps the old file when a new one takes its place is found', async () => {
  const folder = await folderWith([]);
  const { store } = folder;
  const stale = async function* () {
    yield Buffer.from('before');
  };
  const { abilities } = (await examine(folder, { read: stale, create: (uri, options) => store.create(uri, options) }))
    .store;
  expect(abilities).toMatchObject({ rename: 'wrong' });
});

test.each([
  ['unavailable', 'unavailable'],
  ['full', 'full'],
] as const)('a store that fails to append as %s is found', async (problem, verdict) => {
  const folder = await folderWith([]);
  const journal = async (uri: string): Promise<never> => {
    throw new StoreError(problem, uri);
  };
  expect((await examine(folder, { journal })).store.abilities).toEqual({
    exclusiveCreate: 'ok',
    rename: 'ok',
    append: verdict,
  });
});

test('a store that loses an appended line is found', async () => {
  const folder = await folderWith([]);
  const { store } = folder;
  const journal: Store['journal'] = async (uri) => {
    const real = await store.journal(uri);
    return { ...real, append: async (line) => (String(line) === 'first' ? undefined : real.append(line)) };
  };
  expect((await examine(folder, { journal })).store.abilities).toMatchObject({ append: 'wrong' });
});
