// How many rows a second are planned: 1,000 bytes each, one chat request a row, in batches of 10,000.

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { queryObjects } from 'node:v8';
import { MockActivityEnvironment } from '@temporalio/testing';
import { plan } from '../activities/plan/plan.ts';
import type { JobFile, PlanSummary } from '../domain/job.ts';
import { lanes } from '../domain/outcome/outcome.ts';
import { defaultVerdicts } from '../domain/outcome/verdict.ts';
import { manifestFile } from '../job-folder/paths.ts';
import { chatEndpoint, encode, lineHead, outputLimit } from '../providers/dialects/openai/requests.ts';
import type { Provider } from '../providers/provider.ts';
import { openaiProofs } from '../providers/vendors/openai/endings.ts';
import { openaiFaults } from '../providers/vendors/openai/faults.ts';
import { openaiLimits } from '../providers/vendors/openai/limits.ts';
import { computeFingerprint } from '../storage/formats/dataset.ts';
import { writeJson } from '../storage/lines/json-lines.ts';
import { createFileStore } from '../storage/local/store.ts';
import type { Store } from '../storage/store.ts';
import { createThreads } from '../threads/pool.ts';
import { request } from './request.ts';
import { writeRows } from './rows.ts';

export interface PlanBench {
  readonly rows: number;
  readonly seconds: number;
  readonly rowsPerSecond: number;
  readonly rssMb: number;
  /** The largest growth of the process: depends on when the machine collects garbage. */
  readonly rssGrowthMb: number;
  /** What is in use when all rows were planned; null unless Node runs with --expose-gc. */
  readonly held: Held | null;
}

/** Without garbage, so it does not depend on when the machine collects it. */
export interface Held {
  readonly heapBytes: number;
  /** How many buffers, not how large they are: when the memory of a buffer nobody uses is given back depends on the machine. */
  readonly buffers: number;
}

const output = 'runs/bench/';
const dataset = 'rows.jsonl';

/** `threads`: default as many as a worker has. */
export async function benchPlan(rows: number, threads = Math.max(2, availableParallelism())): Promise<PlanBench> {
  const root = await mkdtemp(join(tmpdir(), 'nightshift-plan-'));
  try {
    await writeRows(join(root, dataset), rows);
    const store = createFileStore({ root });
    await mkdir(join(root, output), { recursive: true });
    await writeJson(store, `${output}job.json`, makeJob(await computeFingerprint(store, dataset)));
    return await measure(rows, root, threads);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function measure(rows: number, root: string, size: number): Promise<PlanBench> {
  const before = process.memoryUsage().rss;
  let most = before;
  let held: Held | null = null;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 50);
  const started = performance.now();
  const summary = await planIn(root, size, async () => {
    held = measureHeld();
  });
  const seconds = (performance.now() - started) / 1000;
  clearInterval(watch);
  if (summary.items !== rows) throw new Error(`${rows} rows became ${summary.items} items`);
  const mb = (bytes: number): number => Math.round(bytes / 1e6);
  return {
    rows,
    seconds,
    rowsPerSecond: Math.round(rows / seconds),
    rssMb: mb(most),
    rssGrowthMb: mb(most - before),
    held,
  };
}

/** `whenPlanned` is called when all batches are closed, just before the manifest is written: then the planner still holds everything. */
async function planIn(root: string, size: number, whenPlanned: () => Promise<void>): Promise<PlanSummary> {
  const store = createFileStore({ root });
  const threads = createThreads(size);
  const watched: Store = {
    ...store,
    create: async (uri, options) => {
      if (uri === manifestFile(output, 1)) {
        // All jobs share the threads and these buffers, and how many of these are held at a moment depends on the threads.
        await threads.close();
        threads.stock.takeSpare(Number.POSITIVE_INFINITY);
        await whenPlanned();
      }
      return store.create(uri, options);
    },
  };
  const deps = {
    store: watched,
    threads,
    provider: () => offlineProvider,
    heavy: <T>(work: () => Promise<T>) => work(),
    timing,
  };
  try {
    return await new MockActivityEnvironment().run(() => plan(deps, { output, nonce }));
  } finally {
    await threads.close();
  }
}

const timing = {
  createCallMs: 60_000,
  settleMs: 0,
  heartbeatMs: 30_000,
  cancelGraceMs: 0,
  notShownMs: 10_800_000,
  readAgainMs: 600_000,
  notFoundMs: 21_600_000,
  openGraceMs: 7_200_000,
};

function measureHeld(): Held | null {
  if (globalThis.gc === undefined) return null;
  globalThis.gc();
  return { buffers: Number(queryObjects(ArrayBuffer)), heapBytes: process.memoryUsage().heapUsed };
}

const nonce = '0'.repeat(32);

function makeJob(fingerprint: string): JobFile {
  const claim = { workflowId: 'bench', firstRunId: 'bench', nonce, claimedAt: '2026-01-01T00:00:00Z' };
  const hour = 60 * 60_000;
  return {
    version: 1,
    claim,
    planNonce: nonce,
    takenOver: [],
    spec: {
      version: 1,
      dataset: { uri: dataset, format: 'jsonl', id: null, limit: null },
      provider: 'openai',
      model: 'gpt-5.4-mini',
      endpoint: null,
      request,
      schema: null,
      output,
      batch: { maxItems: 10_000, maxBytes: openaiLimits.bytesMax, concurrency: 10 },
      realtime: { concurrency: 16, rpm: null, tpm: null },
      poll: { initialMs: 10_000, factor: 1.5, maxMs: 300_000 },
      retry: { rounds: 3, backoffMs: 30_000 },
      // biome-ignore lint/suspicious/noThenProperty: the public contract's word
      deadline: { batchMs: 20 * hour, jobMs: null, then: 'fallback' },
      fallback: { lane: 'realtime', maxUsd: null },
      minBatchItems: 50,
      mode: 'batch',
      maxRejectRate: 0.05,
      budgetUsd: null,
      reuse: null,
      keep: { responses: false, providerFiles: false },
    },
    policy: defaultVerdicts,
    prices: { 'gpt-5.4-mini': { batch: { input: 0.375, output: 2.25 }, realtime: { input: 0.75, output: 4.5 } } },
    proofs: openaiProofs,
    pricesDated: '2026-01-01',
    timing: { ...timing, providerWindowMs: 24 * hour },
    fingerprint,
  };
}

const notHere = (): never => {
  throw new Error('planning calls no provider');
};

const offlineProvider: Provider = {
  name: 'openai',
  dialect: { family: 'openai', name: 'openai', endpoints: [chatEndpoint], codes: openaiFaults.items, secrets: [] },
  region: null,
  lanes,
  limits: openaiLimits,
  proofs: openaiProofs,
  defaultEndpoint: chatEndpoint,
  endpoints: [chatEndpoint],
  modelInBody: true,
  customIdAt: lineHead.customIdAt,
  idFields: ['custom_id'],
  outputLimit,
  encode,
  buildBody: notHere,
  findProblems: notHere,
  findNeeds: notHere,
  parseRequestLine: notHere,
  relabel: notHere,
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

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , rows = 1_000_000, threads] = process.argv;
  console.log(JSON.stringify(await benchPlan(Number(rows), threads === undefined ? undefined : Number(threads))));
}
