// The part that a job and a segment share: a table of their batches, the switches that people turn, and signals to the open children.

import { setHandler } from '@temporalio/workflow';
import type { WavePart } from '../activities/waves/read-part.ts';
import type { PlannedBatch } from '../domain/job.ts';
import { pageMax } from '../domain/limits.ts';
import type { Tally } from '../domain/outcome/outcome.ts';
import {
  addLate,
  countLate,
  type EarlierChild,
  findNextLateAt,
  type LateCounts,
  noneLate,
} from '../domain/progress/alerts.ts';
import {
  addBatchStates,
  type BatchEntry,
  type BatchNews,
  type BatchState,
  type BatchStateCounts,
} from '../domain/progress/events.ts';
import { countRefusal, noRefusals, type Refusals } from '../domain/progress/refusals.ts';
import { addTally, noTotals, type Totals } from '../domain/waves/totals.ts';
import { type BatchesRequest, type BatchPage, batchesQuery, batchNewsSignal, type SegmentNews } from './messages.ts';
import { OpenChildren } from './open-children.ts';

export interface Switches {
  paused: boolean;
  /** Rises with each pause and resume. It travels with the signals, because these may overtake each other. */
  turn: number;
  endNow: boolean;
  concurrency: number;
  batchDeadlineMs: number;
}

export class Coordinator {
  readonly switches: Switches;
  readonly children = new OpenChildren();
  /** Sums of the current wave. */
  totals: Totals = noTotals;
  readonly segments = new Set<string>();
  /** What segments report of batches that are not in this table. */
  inSegments: Pick<SegmentNews, 'stages' | 'late' | 'earlierChild'> = {
    stages: {},
    late: noneLate,
    earlierChild: null,
  };
  /** When a batch last reported progress. */
  movedAt = Date.now();
  refusals: Refusals = noRefusals;
  /** Called if so many batches were refused in a row that a person should look. */
  onRefusals: () => void = () => undefined;
  readonly #entries = new Map<string, BatchEntry>();
  /** By the batch that waits for it. */
  readonly #earlierChildren = new Map<string, EarlierChild>();
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

  /** Items in open batches that the provider has finished. */
  countDoneInOpen(): number {
    let done = 0;
    for (const entry of this.#entries.values()) if (entry.stage !== 'done') done += entry.done;
    return done;
  }

  countLate(): LateCounts {
    return addLate(countLate(this.#entries.values(), Date.now()), this.inSegments.late);
  }

  /** When an open batch may next become late; null if none can. */
  findNextLateAt(): number | null {
    return findNextLateAt(this.#entries.values(), this.#earlierChildren.values(), Date.now());
  }

  /** The workflow of an earlier run that has been waited for the longest; null if none is. */
  get earlierChild(): EarlierChild | null {
    const [first] = this.#earlierChildren.values();
    return first ?? this.inSegments.earlierChild;
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

  /** Takes the batches that were settled before this run, or before a child was started again, into the table. */
  recordPart(wave: number, { settled, totals }: WavePart): void {
    this.totals = totals;
    for (const batch of settled) {
      const { items, answered, batchId } = batch;
      const end = { stage: 'done', batchId, done: answered, failed: items - answered } as const;
      this.#entries.set(`${wave}/${batch.batch}`, { ...newEntry(wave, batch), ...end });
    }
  }

  recordStart(wave: number, planned: PlannedBatch, workflowId: string): void {
    this.movedAt = Date.now();
    const entry = newEntry(wave, planned);
    this.children.add(workflowId, entry);
    this.#entries.set(`${wave}/${planned.batch}`, entry);
  }

  recordWait(batch: number, workflowId: string | null): void {
    const key = String(batch);
    if (workflowId === null) this.#earlierChildren.delete(key);
    else this.#earlierChildren.set(key, { workflowId, since: Date.now() });
  }

  /** The tally is null if the batch's workflow never came to a result. */
  recordEnd(wave: number, batch: number, workflowId: string, tally: Tally | null): void {
    this.children.remove(workflowId);
    this.movedAt = Date.now();
    if (tally === null) return;
    this.totals = addTally(this.totals, tally);
    this.#countRefusal(tally);
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
    this.children.add(workflowId, null);
    this.segments.add(workflowId);
  }

  closeSegment(workflowId: string): void {
    this.children.remove(workflowId);
  }

  async setPaused(paused: boolean, turn = this.switches.turn + 1): Promise<void> {
    Object.assign(this.switches, { paused, turn });
    await (paused ? this.children.pause(turn) : this.children.resume(turn));
  }

  async endNow(): Promise<void> {
    this.switches.endNow = true;
    await this.children.endNow();
  }

  async setBatchDeadline(ms: number): Promise<void> {
    this.switches.batchDeadlineMs = ms;
    await this.children.setBatchDeadline(ms);
  }

  readPage({ offset = 0, limit = 100, stage }: BatchesRequest): BatchPage {
    const all = [...this.#entries.values()].filter((entry) => stage === undefined || entry.stage === stage);
    const size = Math.min(Math.max(1, limit), pageMax);
    return { total: all.length, offset, batches: all.slice(offset, offset + size), segments: [...this.segments] };
  }

  #countRefusal(tally: Tally): void {
    const before = this.refusals;
    this.refusals = countRefusal(before, tally);
    if (this.refusals.inRow > before.inRow) this.onRefusals();
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
      if (entry.stage === 'waiting') this.children.tellOfPause().catch(() => undefined);
    }
    this.#onNews(news);
  }
}

const newEntry = (
  wave: number,
  { batch, lane, model, items }: Pick<PlannedBatch, 'batch' | 'lane' | 'model' | 'items'>,
): BatchEntry => ({
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
