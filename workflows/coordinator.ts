// The part that a job and a segment share: a table of their batches, the switches that people turn, and signals to the open children.

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
import { addLate, countLate, type LateCounts, noneLate } from '../domain/progress/alerts.ts';
import {
  addBatchStates,
  type BatchEntry,
  type BatchNews,
  type BatchState,
  type BatchStateCounts,
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
  type SegmentNews,
} from './messages.ts';

export interface Switches {
  paused: boolean;
  endNow: boolean;
  concurrency: number;
  batchDeadlineMs: number;
}

export class Coordinator {
  readonly switches: Switches;
  /** Sums of the current wave. */
  totals: Totals = noTotals;
  readonly segments = new Set<string>();
  /** Counts that segments report for batches which are not in this table. */
  inSegments: Pick<SegmentNews, 'stages' | 'late'> = { stages: {}, late: noneLate };
  /** When a batch last reported progress. */
  movedAt = Date.now();
  readonly #entries = new Map<string, BatchEntry>();
  /** By workflow id: the entry of an open batch, or null for a segment. */
  readonly #open = new Map<string, BatchEntry | null>();
  /** The open children that were told of the pause that a person asked for; null if there is none. */
  #told: Set<string> | null = null;
  readonly #onNews: (news: BatchNews) => void;

  constructor(switches: Switches, onNews: (news: BatchNews) => void) {
    this.switches = switches;
    this.#onNews = onNews;
  }

  /** Call it when `onNews` can be called: signals that arrived earlier are delivered at once. */
  registerHandlers(): void {
    setHandler(batchNewsSignal, (news) => this.#applyNews(news), {
      description: "From a batch: the batch's progress.",
    });
    setHandler(batchesQuery, (request) => this.readPage(request ?? {}), {
      description: 'The coordination table, paged: {offset, limit, stage}; stage is a batch state.',
    });
  }

  get openBatches(): number {
    return this.#open.size;
  }

  /** Items in open batches that the provider has finished. */
  countDoneInOpen(): number {
    let done = 0;
    for (const entry of this.#entries.values()) if (entry.stage !== 'done') done += entry.done;
    return done;
  }

  countLate(): LateCounts {
    return addLate(countLate(this.#entries.values(), Date.now()), this.inSegments.late);
  }

  countStates(): BatchStateCounts {
    const counts: Partial<Record<BatchState, number>> = {};
    for (const { stage } of this.#entries.values()) counts[stage] = (counts[stage] ?? 0) + 1;
    return addBatchStates(counts, this.inSegments.stages);
  }

  /** When the provider created each open batch. */
  *listCreationTimes(): Generator<number> {
    for (const { stage, createdAt } of this.#entries.values()) {
      if (stage !== 'done' && createdAt !== null) yield createdAt;
    }
  }

  startWave(): void {
    this.totals = noTotals;
  }

  recordStart(wave: number, planned: PlannedBatch, workflowId: string): void {
    this.movedAt = Date.now();
    const { batch, lane, model, items } = planned;
    const entry: BatchEntry = {
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
    };
    this.#open.set(workflowId, entry);
    this.#entries.set(`${wave}/${batch}`, entry);
  }

  /** The tally is null if the batch's workflow never came to a result. */
  recordEnd(wave: number, batch: number, workflowId: string, tally: Tally | null): void {
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
    } satisfies Partial<BatchEntry>);
  }

  openSegment(workflowId: string): void {
    this.#open.set(workflowId, null);
    this.segments.add(workflowId);
  }

  closeSegment(workflowId: string): void {
    this.#open.delete(workflowId);
  }

  /** Tells the segments, and the batches that may still upload or create. A further pause, before `resume`, tells nobody. */
  async pause(): Promise<void> {
    if (this.#told !== null) return;
    this.#told = new Set();
    await this.#tellOfPause();
  }

  /** Reaches every open child, because each of them may have met trouble. */
  async resume(): Promise<void> {
    this.#told = null;
    for (const entry of this.#entries.values()) entry.trouble = null;
    await this.#signalOpen(resumeSignal);
  }

  async endNow(): Promise<void> {
    this.switches.endNow = true;
    await this.#signalOpen(endNowSignal);
  }

  async setBatchDeadline(ms: number): Promise<void> {
    this.switches.batchDeadlineMs = ms;
    await this.#signalOpen(batchDeadlineSignal, ms);
  }

  nudge(): Promise<void> {
    return this.#signalOpen(nudgeSignal);
  }

  async #tellOfPause(): Promise<void> {
    const told = this.#told;
    if (told === null) return;
    const untold = [...this.#open].filter(([id, entry]) => !told.has(id) && (entry === null || mayCreate(entry)));
    const ids = untold.map(([id]) => id);
    for (const id of ids) told.add(id);
    await this.#signal(ids, pauseSignal);
  }

  #signalOpen<Args extends unknown[]>(signal: SignalDefinition<Args>, ...args: Args): Promise<void> {
    return this.#signal([...this.#open.keys()], signal, ...args);
  }

  /** A child that has just ended cannot receive the signal and does not need it, so a failed signal is only logged. */
  async #signal<Args extends unknown[]>(
    ids: readonly string[],
    signal: SignalDefinition<Args>,
    ...args: Args
  ): Promise<void> {
    const send = (workflowId: string) => getExternalWorkflowHandle(workflowId).signal(signal, ...args);
    // A cancelled job must still reach its batches.
    const sent = await CancellationScope.nonCancellable(() => Promise.allSettled(ids.map(send)));
    const missed = sent.filter(({ status }) => status === 'rejected').length;
    if (missed > 0) log.info('some batches had ended before the signal', { signal: signal.name, missed });
  }

  readPage({ offset = 0, limit = 100, stage }: BatchesRequest): BatchPage {
    const all = [...this.#entries.values()].filter((entry) => stage === undefined || entry.stage === stage);
    const size = Math.min(Math.max(1, limit), pageMax);
    return { total: all.length, offset, batches: all.slice(offset, offset + size), segments: [...this.segments] };
  }

  #applyNews(news: BatchNews): void {
    const entry = this.#entries.get(`${news.wave}/${news.batch}`);
    // A batch from before a reset may send news of a batch that this run has not started yet.
    if (entry === undefined) return;
    if (entry.stage !== 'done') {
      if (entry.stage !== news.stage) entry.since = Date.now();
      if (entry.stage !== news.stage || news.done > entry.done) this.movedAt = Date.now();
      Object.assign(entry, {
        stage: news.stage,
        batchId: news.batchId ?? entry.batchId,
        createdAt: news.createdAt ?? entry.createdAt,
        trouble: news.trouble ?? null,
        // Signals may arrive out of order, so counts never fall.
        done: Math.max(entry.done, news.done),
        failed: Math.max(entry.failed, news.failed),
      } satisfies Partial<BatchEntry>);
      // A batch that the provider failed before it ran is made again, unless it learns of the pause now.
      if (entry.stage === 'waiting') this.#tellOfPause().catch(() => undefined);
    }
    this.#onNews(news);
  }
}

/** A batch that the provider has created does not care for a pause, until it waits to be created again. */
const mayCreate = ({ batchId, stage }: BatchEntry): boolean => batchId === null || stage === 'waiting';
