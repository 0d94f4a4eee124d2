// A folder with a dataset, and `open` as workflows call it, for one provider whose replies a test chooses.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ActivityDeps } from '../../../activities/deps.ts';
import { open, validate } from '../../../activities/open/open.ts';
import type { OpenInput } from '../../../activities/open/read-job.ts';
import type { JobFile, JobSettings } from '../../../domain/job.ts';
import type { Validity } from '../../../domain/plan/validity.ts';
import { JobRefused } from '../../../domain/refusal.ts';
import type { Provider } from '../../../providers/provider.ts';
import { createFileStore } from '../../../storage/local/store.ts';
import { sharedThreads } from '../../support/shared-threads.ts';
import { openaiOffline, quietEnvironment, timing } from '../plan/planning.ts';
import { noWebhooks, quietCluster } from '../quiet-world.ts';

export const job = {
  dataset: 'rows.jsonl',
  provider: 'openai',
  model: 'm',
  request: { messages: [{ role: 'user', content: '{{ text }}' }] },
};

export interface World {
  readonly root: string;
  readonly deps: ActivityDeps;
  readonly openWorkflows: Set<string>;
  open(input: unknown, change?: Partial<OpenInput>): Promise<JobSettings>;
  refusal(input: unknown, change?: Partial<OpenInput>): Promise<JobRefused>;
  valid(input: unknown, change?: Partial<OpenInput>): Promise<Validity | null>;
  /** The refusal of `validate`. */
  invalid(input: unknown): Promise<JobRefused>;
}

export async function world(verdict: Awaited<ReturnType<Provider['check']>> = 'ok', hasKey = true): Promise<World> {
  const root = await mkdtemp(join(tmpdir(), 'nightshift-open-test-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  writeFileSync(join(root, 'rows.jsonl'), '{"id":1,"text":"x"}\n');
  const openWorkflows = new Set<string>();
  const provider: Provider = {
    ...openaiOffline,
    buildBody: () => null,
    findProblems: () => [],
    check: async () => verdict,
  };
  let nonces = 0;
  const deps: ActivityDeps = {
    store: createFileStore({ root }),
    cluster: {
      ...quietCluster,
      isOpen: async (id) => openWorkflows.has(id),
    },
    provider: (name) => (name === 'openai' ? provider : undefined),
    providerNames: ['openai'],
    webhooks: noWebhooks,
    accounts: () => ['default'],
    bucket: () => null,
    markAccount: () => 'mark',
    credentials: () => ({ present: hasKey, isConfigured: hasKey, variable: 'OPENAI_API_KEY' }),
    tenants: {},
    admission: null,
    prices: {
      dated: '2026-01-01',
      models: { m: { batch: { input: 1, output: 1 }, realtime: { input: 2, output: 2 } } },
    },
    timing: { ...timing, createCallMs: 1, settleMs: 1, cancelGraceMs: 1 },
    scratch: root,
    threads: sharedThreads,
    heavy: (work) => work(),
    transfers: (work) => work(),
    now: () => 0,
    elapsed: () => 0,
    wait: async () => undefined,
    version: 'test',
    randomHex: (bytes) => String(++nonces).padStart(2 * bytes, '0'),
  };
  const opened = (input: unknown, change: Partial<OpenInput> = {}): Promise<JobSettings> =>
    quietEnvironment().run(() =>
      open(deps, { input, workflowId: 'tickets', firstRunId: 'run-1', startedAt: 0, ...change }),
    );
  const refusal = (input: unknown, change: Partial<OpenInput> = {}): Promise<JobRefused> =>
    catchRefusal(opened(input, change));
  const valid = (input: unknown, change: Partial<OpenInput> = {}): Promise<Validity | null> =>
    quietEnvironment().run(() =>
      validate(deps, { input, workflowId: 'validation', firstRunId: 'validation', startedAt: 0, ...change }),
    );
  const invalid = (input: unknown): Promise<JobRefused> => catchRefusal(valid(input));
  return { root, deps, openWorkflows, open: opened, refusal, valid, invalid };
}

export async function catchRefusal(work: Promise<unknown>): Promise<JobRefused> {
  const error = await work.then(
    () => null,
    (failure: unknown) => failure,
  );
  if (!(error instanceof JobRefused)) throw new Error('it was not refused', { cause: error });
  return error;
}

export const written = ({ root }: World, output = 'runs/tickets/'): JobFile | null =>
  existsSync(join(root, output, 'job.json')) ? JSON.parse(readFileSync(join(root, output, 'job.json'), 'utf8')) : null;
