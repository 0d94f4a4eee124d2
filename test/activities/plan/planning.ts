// A job folder on disk, ready to be planned, and what planning left there.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { onTestFinished } from 'vitest';
import { type PlanDeps, plan } from '../../../activities/plan/plan.ts';
import type { JobFile, JobSpec, PlanSummary } from '../../../domain/job.ts';
import type { Json } from '../../../domain/outcome/outcome.ts';
import { lanes } from '../../../domain/outcome/outcome.ts';
import { defaultVerdicts } from '../../../domain/outcome/verdict.ts';
import * as anthropic from '../../../providers/dialects/anthropic/requests.ts';
import * as openai from '../../../providers/dialects/openai/requests.ts';
import type { Provider } from '../../../providers/provider.ts';
import { anthropicProofs } from '../../../providers/vendors/anthropic/endings.ts';
import { anthropicFaults } from '../../../providers/vendors/anthropic/faults.ts';
import { anthropicLimits } from '../../../providers/vendors/anthropic/limits.ts';
import { openaiProofs } from '../../../providers/vendors/openai/endings.ts';
import { openaiFaults } from '../../../providers/vendors/openai/faults.ts';
import { openaiLimits } from '../../../providers/vendors/openai/limits.ts';
import { computeFingerprint } from '../../../storage/formats/dataset.ts';
import { createFileStore } from '../../../storage/local/store.ts';
import type { Store } from '../../../storage/store.ts';
import type { Threads } from '../../../threads/pool.ts';
import { sharedThreads } from '../../support/shared-threads.ts';

export const output = 'runs/test/';
export const nonce = '0123456789abcdef0123456789abcdef';
export const jobRef = { output, nonce };
const dataset = 'rows.jsonl';

const notHere = (): never => {
  throw new Error('planning calls no provider');
};

const offline = {
  buildBody: notHere,
  findProblems: notHere,
  findNeeds: () => [],
  decode: notHere,
  check: notHere,
  upload: notHere,
  find: notHere,
  create: notHere,
  poll: notHere,
  download: notHere,
  cancel: notHere,
  forget: notHere,
  call: notHere,
};

export const openaiOffline: Provider = {
  ...offline,
  region: null,
  lanes,
  name: 'openai',
  dialect: {
    family: 'openai',
    name: 'openai',
    endpoints: openai.openaiEndpoints,
    codes: openaiFaults.items,
    secrets: [],
  },
  limits: openaiLimits,
  proofs: openaiProofs,
  defaultEndpoint: openai.chatEndpoint,
  endpoints: openai.openaiEndpoints,
  modelInBody: true,
  customIdAt: openai.lineHead.customIdAt,
  idFields: ['custom_id'],
  outputLimit: openai.outputLimit,
  encode: openai.encode,
  parseRequestLine: openai.parseRequestLine,
  relabel: openai.relabel,
};

export const anthropicOffline: Provider = {
  ...offline,
  region: null,
  lanes,
  name: 'anthropic',
  dialect: {
    family: 'anthropic',
    name: 'anthropic',
    endpoints: [anthropic.messagesEndpoint],
    codes: anthropicFaults.items,
    secrets: [],
  },
  limits: anthropicLimits,
  proofs: anthropicProofs,
  defaultEndpoint: anthropic.messagesEndpoint,
  endpoints: [anthropic.messagesEndpoint],
  modelInBody: true,
  customIdAt: anthropic.lineHead.customIdAt,
  idFields: ['custom_id'],
  outputLimit: anthropic.outputLimit,
  encode: anthropic.encode,
  parseRequestLine: anthropic.parseRequestLine,
  relabel: anthropic.relabel,
};

const defaultRequest: Json = { messages: [{ role: 'user', content: '{{ text }}' }], max_completion_tokens: 16 };

export const modelOfRow = { model: '{{ model }}', messages: [{ role: 'user', content: '{{ text }}' }] };

export const makeRows = (count: number): { id: number; text: string }[] =>
  Array.from({ length: count }, (_, index) => ({ id: index + 1, text: `text ${index + 1}` }));

export interface Folder {
  readonly root: string;
  readonly store: Store;
  readonly job: JobFile;
  run(options?: { store?: Store; partRows?: number; threads?: Threads }): Promise<PlanSummary>;
  /** Lines of a file below the output, parsed; none where there is no file. */
  lines<T = Record<string, Json>>(path: string): T[];
  /** Digest by path of all there is below the output. */
  digests(): Record<string, string>;
  text(path: string): string;
}

export type SpecChange = Partial<JobSpec> & { readonly id?: string | null; readonly prices?: JobFile['prices'] };

export const defaultPrices: JobFile['prices'] = {
  priced: { batch: { input: 1, output: 10 }, realtime: { input: 2, output: 20 } },
};

export async function folderWith(
  rows: string | Buffer | readonly Json[],
  change: SpecChange = {},
  provider: Provider = openaiOffline,
): Promise<Folder> {
  const text = Array.isArray(rows) ? rows.map((row) => `${JSON.stringify(row)}\n`).join('') : rows;
  return folderWithFiles({ [dataset]: text as string | Buffer }, change, provider);
}

/** `change.dataset` says which of the files are the dataset. */
export async function folderWithFiles(
  files: Readonly<Record<string, string | Buffer>>,
  change: SpecChange,
  provider: Provider = openaiOffline,
): Promise<Folder> {
  const root = await mkdtemp(join(tmpdir(), 'nightshift-plan-test-'));
  const clean = (): Promise<void> => rm(root, { recursive: true, force: true });
  onTestFinished(clean);
  for (const [name, content] of Object.entries(files)) await writeFile(join(root, name), content);
  return folderAt(root, change, provider);
}

async function folderAt(root: string, change: SpecChange, provider: Provider): Promise<Folder> {
  const store = createFileStore({ root });
  const job = makeJob(await computeFingerprint(store, change.dataset?.uri ?? dataset), change, provider);
  await mkdir(join(root, output), { recursive: true });
  await writeFile(join(root, output, 'job.json'), JSON.stringify(job));
  const path = (name: string): string => join(root, output, name);
  return {
    root,
    store,
    job,
    run: ({ store: other = store, partRows, threads = sharedThreads } = {}) =>
      quietEnvironment().run(() => plan({ ...makeDeps(other, provider), threads }, jobRef, partRows)),
    lines: <T>(name: string): T[] =>
      existsSync(path(name))
        ? readFileSync(path(name), 'utf8')
            .split('\n')
            .filter(Boolean)
            .map((line): T => JSON.parse(line))
        : [],
    text: (name) => readFileSync(path(name), 'utf8'),
    digests: () =>
      Object.fromEntries(
        readdirSync(path(''), { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile() && entry.name !== 'job.json')
          .map(({ parentPath, name }) => join(parentPath, name))
          .sort()
          .map((file) => [file.slice(path('').length), createHash('sha256').update(readFileSync(file)).digest('hex')]),
      ),
  };
}

/** One that does not print each failure that a test expects. */
export const quietEnvironment = (): MockActivityEnvironment =>
  new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });

export const timing = {
  createCallMs: 1000,
  settleMs: 0,
  heartbeatMs: 1000,
  cancelGraceMs: 0,
  notShownMs: 10_800_000,
  readAgainMs: 600_000,
  notFoundMs: 21_600_000,
  openGraceMs: 7_200_000,
};

export const makeDeps = (store: Store, provider: Provider): PlanDeps => ({
  store,
  provider: (name) => (name === provider.name ? provider : undefined),
  threads: sharedThreads,
  heavy: (work) => work(),
  timing,
});

function makeJob(
  fingerprint: string,
  { id = null, prices = defaultPrices, ...change }: SpecChange,
  provider: Provider,
): JobFile {
  const claim = { workflowId: 'test', firstRunId: 'test', nonce, claimedAt: '2026-01-01T00:00:00Z' };
  return {
    version: 1,
    claim,
    planNonce: nonce,
    takenOver: [],
    policy: defaultVerdicts,
    proofs: provider.proofs,
    pricesDated: '2026-01-01',
    fingerprint,
    prices,
    timing: { ...timing, providerWindowMs: 1000 },
    spec: {
      version: 1,
      dataset: { uri: dataset, format: 'jsonl', id, limit: null },
      provider: provider.name,
      model: 'priced',
      endpoint: null,
      request: defaultRequest,
      schema: null,
      output,
      batch: { maxItems: 10_000, maxBytes: 200_000_000, concurrency: 10 },
      realtime: { concurrency: 16, rpm: null, tpm: null },
      poll: { initialMs: 10_000, factor: 1.5, maxMs: 300_000 },
      retry: { rounds: 3, backoffMs: 30_000 },
      // biome-ignore lint/suspicious/noThenProperty: the public contract's word
      deadline: { batchMs: 1000, jobMs: null, then: 'fallback' },
      fallback: { lane: 'realtime', maxUsd: null },
      minBatchItems: 1,
      mode: 'batch',
      maxRejectRate: 1,
      budgetUsd: null,
      reuse: null,
      keep: { responses: false, providerFiles: false },
      ...change,
    },
  };
}
