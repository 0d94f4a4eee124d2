// A whole job without a server: plans, classifies, merges and reports for real in a folder; a test gives the provider's output.

import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { classify } from '../../activities/collect/classify.ts';
import type { ClassifyInput } from '../../activities/collect/classify-input.ts';
import type { ActivityDeps } from '../../activities/deps.ts';
import { type MergeSummary, merge } from '../../activities/finish/merge.ts';
import { report } from '../../activities/finish/report.ts';
import { planWave } from '../../activities/plan/retry.ts';
import type { RealtimeInput } from '../../activities/realtime/realtime.ts';
import { openAllowance } from '../../domain/capacity/allowance.ts';
import type { BatchRef, JobRef } from '../../domain/ids.ts';
import type { PlannedBatch } from '../../domain/job.ts';
import type { ItemLine, ItemReason, Tally } from '../../domain/outcome/outcome.ts';
import type { JobReport } from '../../domain/report/report.ts';
import { addTally, addTotals, noTotals } from '../../domain/waves/totals.ts';
import { firstWave, nextWave, type Wave } from '../../domain/waves/waves.ts';
import { itemsFile, rawFile } from '../../job-folder/paths.ts';
import { decode } from '../../providers/dialects/openai/answers.ts';
import type { Provider } from '../../providers/provider.ts';
import { openaiFaults } from '../../providers/vendors/openai/faults.ts';
import { sharedThreads } from '../support/shared-threads.ts';
import { type Folder, jobRef, makeDeps, openaiOffline, output, quietEnvironment } from './plan/planning.ts';
import { noWebhooks, quietCluster } from './quiet-world.ts';

export const provider: Provider = {
  ...openaiOffline,
  decode: (line, endpoint) => decode(line, endpoint, openaiFaults.items),
};

export function wholeDeps(folder: Folder): ActivityDeps {
  let skippedMs = 0;
  return {
    ...makeDeps(folder.store, provider),
    cluster: quietCluster,
    providerNames: [provider.name],
    webhooks: noWebhooks,
    accounts: () => ['default'],
    credentials: () => ({ present: true, isConfigured: true, variable: 'KEY' }),
    bucket: () => null,
    markAccount: () => 'mark',
    tenants: {},
    admission: null,
    prices: { dated: '2026-01-01', models: folder.job.prices },
    threads: sharedThreads,
    transfers: (work) => work(),
    scratch: folder.root,
    now: () => Date.now(),
    elapsed: () => performance.now() + skippedMs,
    wait: async (ms) => {
      skippedMs += ms;
    },
    version: 'test',
    randomHex: (bytes) => randomBytes(bytes).toString('hex'),
  };
}

/** The lines of a batch's output at the provider; null if the batch was never sent. */
export type Answering = (wave: number, planned: PlannedBatch, items: readonly ItemLine[]) => readonly string[] | null;

export interface Done {
  readonly waves: number;
  readonly tallies: readonly Tally[];
  readonly summary: MergeSummary;
  readonly report: JobReport;
}

/** A provider batch of which everything there is was read whole, twice. */
const endedBatches: ClassifyInput['batches'] = [
  {
    handle: { id: 'batch', createdAt: 0, fileId: null },
    phase: 'ended',
    ended: {
      ending: 'completed',
      status: 'completed',
      endedAt: 1000,
      counts: null,
      outputs: ['output'],
      refusedUnrun: false,
      blamed: [],
    },
    reading: { bytes: 1, crc32: '00000000', whole: true, at: 0, confirmed: true },
    final: false,
  },
];

/** A provider batch that did not come to an end. */
const openBatches = endedBatches.map((batch) => ({ ...batch, phase: 'unresolved' as const, ended: null }));

interface WholeOptions {
  readonly plots?: boolean;
  /** What the provider did not answer in these batches of the first wave is in doubt. */
  readonly inDoubt?: readonly number[];
  /** Reasons that a person names with `retryFailed`. */
  readonly again?: readonly ItemReason[];
}

/** Does what a job's workflow does, without the waits, and without the plots unless a test asks for them. */
export async function runWhole(
  folder: Folder,
  answering: Answering,
  { plots = false, inDoubt = [], ...options }: WholeOptions = {},
): Promise<Done> {
  const deps = wholeDeps(folder);
  const inActivity = <T>(work: () => Promise<T>): Promise<T> => quietEnvironment().run(work);
  await folder.run();
  const tallies: Tally[] = [];
  let totals = noTotals;
  let [number, rounds, fallbackDone] = [0, 0, false];
  let again = options.again ?? null;
  for (let wave: Wave | null = firstWave; wave !== null; ) {
    const current: Wave = wave;
    number = current.number;
    if (number > 1) await inActivity(() => planWave(deps, { ...current, ...jobRef, wave: number }));
    const entries = folder
      .lines<PlannedBatch & { summary?: unknown }>(`plan/wave-${number}/manifest.jsonl`)
      .filter(({ summary }) => summary === undefined);
    let sum = noTotals;
    for (const planned of entries) {
      const ref = { ...jobRef, wave: number, batch: planned.batch };
      const items = folder.lines<ItemLine>(itemsFile(ref).slice(output.length));
      const lines = answering(number, planned, items);
      if (lines === null) continue;
      await writeRaw(folder, rawFile(ref), lines);
      const isInDoubt = number === 1 && inDoubt.includes(planned.batch);
      const end = isInDoubt ? { ...endedBatch(ref, planned), batches: openBatches } : endedBatch(ref, planned);
      const result = await inActivity(() => classify(deps, end));
      if (result.kind !== 'tally') throw new Error('not every item is proven');
      const { tally } = result;
      tallies.push(tally);
      sum = addTally(sum, tally);
    }
    totals = addTotals(totals, sum);
    if (wave.kind === 'retry') rounds += 1;
    if (wave.kind === 'fallback') fallbackDone = true;
    const { policy } = folder.job;
    const { mode, retry, deadline, fallback } = folder.job.spec;
    const state = {
      number,
      sources: [number],
      cutBytes: null,
      rounds,
      fallbackDone,
      retryable: sum.retryable,
      pastDeadline: false,
      cancelled: false,
      again,
    };
    wave = nextWave(state, { mode, retry, deadline, fallback, policy });
    if (wave?.kind === 'again') again = null;
  }
  const summary = await inActivity(() => merge(deps, { ...jobRef, waves: number, unsentReason: 'cancelled' }));
  const end = { startedAt: 0, endedAt: 1, cancelled: false, warnings: [] };
  const figures = await inActivity(() => report(deps, { ...jobRef, summary, waves: number, ...end }, plots));
  return { waves: number, tallies, summary, report: figures };
}

/** For the input of `classify`: nothing is uncertain, and nothing more is waited for. */
const allProven = {
  isCreateUnknown: false,
  final: true,
  cancelReason: 'cancelled',
  notRunReason: 'missing',
  refusal: null,
  blamed: [],
} satisfies Partial<ClassifyInput>;

/** For the input of `classify`: a batch of the realtime lane, which has no batch at a provider. */
export const realtimeBatch = {
  batchId: null,
  ending: null,
  createdAt: 0,
  endedAt: 1,
  polls: 0,
  batches: [],
  ...allProven,
} satisfies Partial<ClassifyInput>;

/** For the input of `realtime`: nothing was called before, and no money is capped. */
export const freshLane = {
  model: 'priced',
  endpoint: '/v1/chat/completions',
  lane: { allowance: openAllowance, spentUsd: 0, journals: 0 },
  grantUsd: null,
  probe: 0,
} satisfies Partial<RealtimeInput>;

/** A batch as the manifest has it. */
export function findPlanned(folder: Folder, { wave, batch }: BatchRef): PlannedBatch {
  const planned = folder.lines<PlannedBatch>(`plan/wave-${wave}/manifest.jsonl`).find((each) => each.batch === batch);
  if (planned === undefined) throw new Error(`wave ${wave} has no batch ${batch}`);
  return planned;
}

/** The input of `classify` for a batch that ended well. */
export function endedBatch(ref: BatchRef & JobRef, planned: PlannedBatch): ClassifyInput {
  return {
    ...ref,
    planned,
    batchId: `batch-${ref.wave}-${ref.batch}`,
    ending: 'completed',
    createdAt: 0,
    endedAt: 1000,
    polls: 1,
    batches: endedBatches,
    ...allProven,
  };
}

async function writeRaw(folder: Folder, uri: string, lines: readonly string[]): Promise<void> {
  const path = join(folder.root, uri);
  await mkdir(dirname(path), { recursive: true });
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
}

const usage = { prompt_tokens: 100, completion_tokens: 10 };
/** The cost of one answered attempt at the test's prices. */
export const usdOf = { batch: (100 + 10 * 10) / 1e6, realtime: (100 * 2 + 10 * 20) / 1e6 };

export const answerLine = (customId: string, content: string, finish = 'stop', used: object | null = usage): string =>
  JSON.stringify({
    id: 'line',
    custom_id: customId,
    response: {
      status_code: 200,
      body: { model: 'priced', choices: [{ message: { content }, finish_reason: finish }], usage: used },
    },
    error: null,
  });

/** An answer without its usage: nobody knows what it cost. */
export const bareLine = (customId: string, content: string, finish = 'stop'): string =>
  answerLine(customId, content, finish, null);

/** The line of a request that did not run. */
export const unrunLine = (customId: string): string =>
  JSON.stringify({ custom_id: customId, response: null, error: { code: 'batch_expired', message: 'not run' } });

export const errorLine = (customId: string, status: number): string =>
  JSON.stringify({
    custom_id: customId,
    response: { status_code: status, body: { error: { code: null, type: 'x' } } },
    error: null,
  });
