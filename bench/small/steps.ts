// Runs a small job by calling its activities one after the other, as its workflow would, and measures the CPU time of each stage.

import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { ClassifyInput } from '../../activities/collect/classify-input.ts';
import type { ActivityDeps, Cluster } from '../../activities/deps.ts';
import { type Activities, createActivities } from '../../activities/index.ts';
import type { BatchHandle } from '../../domain/batch/state.ts';
import type { BatchRef, JobRef } from '../../domain/ids.ts';
import type { PlannedBatch } from '../../domain/job.ts';
import { readEntries } from '../../job-folder/plan/manifest.ts';
import { createThreads } from '../../threads/pool.ts';
import { readConfig } from '../../worker/config.ts';
import { createDependencies } from '../../worker/dependencies.ts';
import { request } from '../request.ts';

export type StepName = 'plan' | 'upload' | 'collect' | 'merge';

/** In microseconds, of the whole process. */
export type CpuTimes = Record<StepName, number>;

const pollEveryMs = 20;
const pollsMax = 500;
/** The tokenizer is loaded once: otherwise its start would be most of what a small plan costs. */
const countingIdleMs = 10 * 60_000;

export class JobSteps {
  readonly #deps: ActivityDeps;
  readonly #activities: Activities;

  constructor(root: string, openaiBaseUrl: string) {
    const config = readConfig({
      NIGHTSHIFT_DATA: root,
      // The same on every machine, because what is measured is compared with what was recorded on another one.
      NIGHTSHIFT_THREADS: '2',
      NIGHTSHIFT_SETTLE: '1s',
      OPENAI_BASE_URL: openaiBaseUrl,
      OPENAI_API_KEY: 'emulator',
    });
    const cluster: Cluster = {
      findEnd: async () => ({ state: 'absent', message: null }),
      isOpen: async () => false,
      notify: async () => undefined,
      registeredSearchAttributes: async () => [],
    };
    const deps = createDependencies(config, cluster, null);
    this.#deps = { ...deps, threads: createThreads(deps.threads.size, { idleMs: countingIdleMs }) };
    this.#activities = createActivities(this.#deps);
  }

  /** Fails if a row has no answer. */
  async run(workflowId: string, rows: number): Promise<CpuTimes> {
    const { open, plan, merge } = this.#activities;
    const input = { input: makeSmallJob(rows), workflowId, firstRunId: workflowId, startedAt: Date.now() };
    const { output, nonce } = await inActivity(workflowId, () => open(input));
    const job = { output, nonce };
    const call = <T>(work: () => Promise<T>): Promise<T> => inActivity(workflowId, work);
    const planned = await measureCpu(() => call(() => plan(job)));
    const batch = await this.#readBatch(output);
    const submitted = await this.#runBatch({ ...job, wave: 1, batch: batch.batch }, batch, call);
    const merged = await measureCpu(() => call(() => merge({ ...job, waves: 1, unsentReason: 'cancelled' })));
    if (merged.result.answered !== rows) throw new Error(`${rows} rows, ${merged.result.answered} answers`);
    return { plan: planned.cpuUs, ...submitted, merge: merged.cpuUs };
  }

  close(): void {
    rmSync(this.#deps.scratch, { recursive: true, force: true });
  }

  async #readBatch(output: string): Promise<PlannedBatch> {
    const batches: PlannedBatch[] = [];
    for await (const entry of readEntries(this.#deps.store, output, 1)) batches.push(entry);
    const [batch] = batches;
    if (batch === undefined || batches.length > 1) throw new Error(`${batches.length} batches instead of one`);
    return batch;
  }

  async #runBatch(
    ref: BatchRef & JobRef,
    planned: PlannedBatch,
    call: <T>(work: () => Promise<T>) => Promise<T>,
  ): Promise<Pick<CpuTimes, 'upload' | 'collect'>> {
    const { stage, create, download, classify } = this.#activities;
    const { items, bytes, requestsCrc32: crc32, model, endpoint } = planned;
    const submission = { ...ref, ordinal: 0, items, bytes, crc32, model, endpoint };
    const uploaded = await measureCpu(() => call(() => stage(submission)));
    const created = await call(() => create({ ...submission, staged: uploaded.result }));
    if (created.kind !== 'created') throw new Error(`the batch was not created: ${created.kind}`);
    const { handle } = created;
    const { ended } = await this.#awaitEnd(ref, handle, call);
    const end = describeEnd(ref, planned, { handle, phase: 'ended', ended, reading: null, final: false });
    const collected = await measureCpu(async () => {
      const read = { ...ref, handle, twin: 0, end };
      const reading = await call(() => download(read));
      return call(() => classify({ ...end, batches: end.batches.map((batch) => ({ ...batch, reading })) }));
    });
    if (collected.result.kind !== 'tally') throw new Error('the output does not prove what became of every item');
    return { upload: uploaded.cpuUs, collect: collected.cpuUs };
  }

  async #awaitEnd(ref: BatchRef & JobRef, handle: BatchHandle, call: <T>(work: () => Promise<T>) => Promise<T>) {
    const input = { ...ref, handle, coordinator: null, toldTenths: 0, toldPhase: null, tellEvery: 1 };
    for (let polls = 1; polls <= pollsMax; polls += 1) {
      const result = await call(() => this.#activities.look({ ...input, mayBlameAccount: false }));
      if (result.ended !== null) return result;
      await sleep(pollEveryMs);
    }
    throw new Error('the batch does not end');
  }
}

async function measureCpu<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly cpuUs: number }> {
  const before = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return { result, cpuUs: user + system };
}

function inActivity<T>(workflowId: string, work: () => Promise<T>): Promise<T> {
  const info = {
    workflowExecution: { workflowId, runId: workflowId },
    currentAttemptScheduledTimestampMs: Date.now(),
  };
  return new MockActivityEnvironment(info, { logger: new DefaultLogger('ERROR') }).run(work);
}

function describeEnd(
  ref: BatchRef & JobRef,
  planned: PlannedBatch,
  batch: ClassifyInput['batches'][number],
): ClassifyInput {
  return {
    ...ref,
    planned,
    batchId: batch.handle.id,
    ending: batch.ended?.status ?? null,
    createdAt: batch.handle.createdAt,
    endedAt: batch.ended?.endedAt ?? null,
    polls: 1,
    cancelReason: 'cancelled',
    batches: [batch],
    isCreateUnknown: false,
    notRunReason: 'batch_failed',
    refusal: null,
    final: false,
    blamed: [],
  };
}

const makeSmallJob = (rows: number) => ({
  dataset: 'rows.jsonl',
  provider: 'openai',
  model: 'gpt-5.4-mini',
  request,
  batch: { maxItems: rows },
});
