// What a job and a segment have in common: a table of their batches, the switches people turn, and telling the open children.

import {
  CancellationScope,
  getExternalWorkflowHandle,
  log,
  type SignalDefinition,
  setHandler,
} from '@temporalio/workflow';
import type { PlannedBatch } from '../domain/job.ts';
import { pageMax } from '../domain/limits.ts';
import type { Tally } from '../domain/outcome/outcome.ts';
import { addLate, type Late, lateAmong, noneLate } from '../domain/progress/alerts.ts';
import {
  addBatchStates,
  type BatchEntry,
  type BatchNews,
  type BatchState,
  type BatchStateCounts,
  type Trouble,
} from '../domain/progress/events.ts';
import { addTally, noTotals, type Totals } from '../domain/waves/totals.ts';
import {
  type BatchesRequest,
  type BatchPage,
  batchDeadlineSignal,
  batchesQuery,
  batchNewsSignal,
  endNowSignal,
  nudgeSignal,
  pauseSignal,
  resumeSignal,
} from './messages.ts';

export interface Switches {
  paused: boolean;
  endNow: boolean;
  concurrency: number;
  batchDeadlineMs: number;
}

export class Coordinator {
  readonly switches: Switches;
  /** Sums of the wave under way. */
  totals: Totals = noTotals;
  readonly segments = new Set<string>();
  /** What segments say of their own batches. */
  elsewhere: { readonly stages: BatchStateCounts; readonly late: Late } = { stages: {}, late: noneLate };
  /** When a batch was last heard to have come any further. */
  movedAt = Date.now();
  readonly #entries = new Map<string, BatchEntry>();
  readonly #open = new Set<string>();
  readonly #onNews: (news: BatchNews) => void;

  constructor(switches: Switches, onNews: (news: BatchNews) => void) {
    this.switches = switches;
    this.#onNews = onNews;
  }

  /** Once whoever hears the news is there: signals that came before are delivered at once. */
  listen(): void {
    setHandler(batchNewsSignal, (news) => this.#hear(news), { description: 'From a batch: how far it is.' });
    setHandler(batchesQuery, (request) => this.page(request ?? {}), {
      description: 'The coordination table, paged: {offset, limit, stage}.',
    });
  }

  get openBatches(): number {
    return this.#open.size;
  }

  /** Items under way that the provider says are done already. */
  doneUnderWay(): number {
    let done = 0;
    for (const entry of this.#entries.values()) if (entry.stage !== 'done') done += entry.done;
    return done;
  }

  late(): Late {
    return addLate(lateAmong(this.#entries.values(), Date.now()), this.elsewhere.late);
  }

  stages(): BatchStateCounts {
    const counts: Partial<Record<BatchState, number>> = {};
    for (const { stage } of this.#entries.values()) counts[stage] = (counts[stage] ?? 0) + 1;
    return addBatchStates(counts, this.elsewhere.stages);
  }

  /** When each open batch that the provider has was made there. */
  *underWay(): Generator<number> {
    for (const { stage, createdAt } of this.#entries.values()) {
      if (stage !== 'done' && createdAt !== null) yield createdAt;
    }
  }

  startWave(): void {
    this.totals = noTotals;
  }

  started(wave: number, planned: PlannedBatch, workflowId: string): void {
    this.#open.add(workflowId);
    this.movedAt = Date.now();
    const { batch, lane, model, items } = planned;
    this.#entries.set(`${wave}/${batch}`, {
      wave,
      batch,
      lane,
      model,
      items,
      stage: 'staging',
      since: Date.now(),
      createdAt: null,
      batchId: null,
      done: 0,
      failed: 0,
      trouble: null,
    });
  }

  ended(wave: number, batch: number, workflowId: string, tally: Tally | null): void {
    this.#open.delete(workflowId);
    this.movedAt = Date.now();
    if (tally === null) return;
    this.totals = addTally(this.totals, tally);
    const entry = this.#entries.get(`${wave}/${batch}`);
    if (entry === undefined) return;
    Object.assign(entry, {
      stage: 'done',
      since: Date.now(),
      batchId: tally.batchId,
      done: tally.answered,
      failed: tally.items - tally.answered,
      trouble: null,
    });
  }

  opened(workflowId: string): void {
    this.#open.add(workflowId);
  }

  closed(workflowId: string): void {
    this.#open.delete(workflowId);
  }

  async pause(): Promise<void> {
    this.switches.paused = true;
    await this.tellOpen(pauseSignal);
  }

  async resume(): Promise<void> {
    this.switches.paused = false;
    for (const entry of this.#entries.values()) entry.trouble = null;
    await this.tellOpen(resumeSignal);
  }

  async endNow(): Promise<void> {
    this.switches.endNow = true;
    await this.tellOpen(endNowSignal);
  }

  async setBatchDeadline(ms: number): Promise<void> {
    this.switches.batchDeadlineMs = ms;
    await this.tellOpen(batchDeadlineSignal, ms);
  }

  nudge(): Promise<void> {
    return this.tellOpen(nudgeSignal);
  }

  /** A child that has just ended cannot hear, and need not. */
  async tellOpen<Args extends unknown[]>(signal: SignalDefinition<Args>, ...args: Args): Promise<void> {
    const tell = (workflowId: string) => getExternalWorkflowHandle(workflowId).signal(signal, ...args);
    // A job that is cancelled still tells its batches.
    const ends = await CancellationScope.nonCancellable(() => Promise.allSettled([...this.#open].map(tell)));
    const unheard = ends.filter(({ status }) => status === 'rejected').length;
    if (unheard > 0) log.info('some batches had ended before they could hear', { signal: signal.name, unheard });
  }

  page({ offset = 0, limit = 100, stage }: BatchesRequest): BatchPage {
    const all = [...this.#entries.values()].filter((entry) => stage === undefined || entry.stage === stage);
    const size = Math.min(Math.max(1, limit), pageMax);
    return { total: all.length, offset, batches: all.slice(offset, offset + size), segments: [...this.segments] };
  }

  #hear(news: BatchNews): void {
    const entry = this.#entries.get(`${news.wave}/${news.batch}`);
    // News of before a reset.
    if (entry === undefined) return;
    if (entry.stage !== 'done') {
      const trouble: Trouble | null = news.trouble ?? null;
      if (entry.stage !== news.stage) entry.since = Date.now();
      if (entry.stage !== news.stage || news.done > entry.done) this.movedAt = Date.now();
      const { batchId, createdAt } = entry;
      Object.assign(entry, {
        stage: news.stage,
        batchId: news.batchId ?? batchId,
        createdAt: news.createdAt ?? createdAt,
        trouble,
      });
      entry.done = Math.max(entry.done, news.done);
      entry.failed = Math.max(entry.failed, news.failed);
    }
    this.#onNews(news);
  }
}
