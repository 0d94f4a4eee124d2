// The part that a job and a segment share: a table of their batches, the switches that people turn, and signals to the open children.

import { setHandler, workflowInfo } from '@temporalio/workflow';
import type { WavePart } from '../activities/waves/read-part.ts';
import { type Allowance, openAllowance } from '../domain/capacity/allowance.ts';
import type { PlannedBatch } from '../domain/job.ts';
import type { Tally } from '../domain/outcome/outcome.ts';
import {
  addLate,
  countLate,
  type EarlierChild,
  findNextLateAt,
  type LateCounts,
  noneLate,
} from '../domain/progress/alerts.ts';
import { CollectedLog } from '../domain/progress/collected.ts';
import { addBatchStates, type BatchEntry, type BatchNews, type BatchStateCounts } from '../domain/progress/events.ts';
import { type ProviderFault, readFault, recordFault } from '../domain/progress/faults.ts';
import { countRefusal, noRefusals, type Refusals } from '../domain/progress/refusals.ts';
import type { CapacityWait } from '../domain/progress/status.ts';
import { addTally, noTotals, type Totals } from '../domain/waves/totals.ts';
import { applyToEntry, BatchTable } from './batch-table.ts';
import { declareAgainSignal, grantsSignal } from './dispatcher/messages.ts';
import { CapacityGate } from './gate/capacity-gate.ts';
import type { Gate } from './gate/gate.ts';
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

export type InSegments = Pick<SegmentNews, 'stages' | 'late' | 'earlierChild'> &
  Required<Pick<SegmentNews, 'capacity' | 'itemsUnderWay'>>;

const noneInSegments: InSegments = {
  stages: {},
  late: noneLate,
  earlierChild: null,
  capacity: [],
  itemsUnderWay: 0,
};

export class Coordinator {
  readonly switches: Switches;
  readonly children = new OpenChildren();
  /** Sums of the current wave. */
  totals: Totals = noTotals;
  readonly segments = new Set<string>();
  /** What segments report of batches that are not in this table. */
  inSegments: InSegments = noneInSegments;
  /** When a batch last reported progress. */
  movedAt = Date.now();
  refusals: Refusals = noRefusals;
  lastFault: ProviderFault | null = null;
  /** What the realtime lane may use of the provider, as its last batch left it. */
  allowance: Allowance = openAllowance;
  /** Called if so many batches were refused in a row that a person should look. */
  onRefusals: () => void = () => undefined;
  /** What the job finds out alone. */
  readonly capacity: CapacityGate;
  gate: Gate;
  readonly table = new BatchTable();
  collected: CollectedLog = new CollectedLog(workflowInfo().runId);
  /** By wave and batch. */
  readonly #workflowIds = new Map<string, string>();
  /** By the batch that waits for it. */
  readonly #earlierChildren = new Map<string, EarlierChild>();
  readonly #onNews: (news: BatchNews) => void;

  constructor(switches: Switches, isOnly: boolean, onNews: (news: BatchNews) => void) {
    this.capacity = new CapacityGate(isOnly);
    this.gate = this.capacity;
    this.switches = switches;
    this.#onNews = onNews;
  }

  /** Call it when `onNews` can be called: signals that arrived earlier are delivered immediately. */
  registerHandlers(): void {
    setHandler(batchNewsSignal, (news) => this.#applyNews(news), {
      description: "From a batch: the batch's progress.",
    });
    setHandler(grantsSignal, (grants) => this.gate.hear(grants), {
      description: 'From the dispatcher: which batches may start.',
    });
    setHandler(declareAgainSignal, () => this.gate.declareAgain(), {
      description: 'From a new dispatcher: say what is held.',
    });
    setHandler(batchesQuery, (request) => this.readPage(request ?? {}), {
      description: 'The coordination table, paged: {offset, limit, stage}; stage is a batch state.',
    });
  }

  countLate(): LateCounts {
    return addLate(countLate(this.table.all(), Date.now()), this.inSegments.late);
  }

  /** When an open batch may next become late; null if none can. */
  findNextLateAt(): number | null {
    return findNextLateAt(this.table.all(), this.#earlierChildren.values(), Date.now());
  }

  /** The workflow of an earlier run that has been waited for the longest; null if none is. */
  get earlierChild(): EarlierChild | null {
    const [first] = this.#earlierChildren.values();
    return first ?? this.inSegments.earlierChild;
  }

  countStates(): BatchStateCounts {
    return addBatchStates(this.table.countStates(), this.inSegments.stages);
  }

  countItemsUnderWay(): number {
    return this.table.countItemsUnderWay() + this.inSegments.itemsUnderWay;
  }

  get capacityWaits(): readonly CapacityWait[] {
    return [...this.gate.describeWaits(), ...this.inSegments.capacity];
  }

  /** Lets batches create again that the provider has room for now, and ends those that it never has room for. */
  giveRoom(): void {
    // A paused batch would hold its room without using it.
    if (this.switches.paused) return;
    // A batch that has ended in between needs neither.
    for (const { holder, share } of this.gate.takeTooLarge()) {
      this.children.endTooLarge(holder, share).catch(() => undefined);
    }
    const ready = this.gate.takeReady();
    if (ready.length > 0) this.children.giveRoom(ready).catch(() => undefined);
  }

  startWave(): void {
    this.totals = noTotals;
  }

  /** Takes the batches that were settled before this run, or before a child was started again, into the table. */
  recordPart(wave: number, { open, settled, totals }: WavePart): void {
    this.totals = totals;
    this.table.plan(wave, open);
    for (const batch of settled) {
      const { items, answered, batchId } = batch;
      const end = { stage: 'done', batchId, done: answered, failed: items - answered } as const;
      Object.assign(this.table.add(wave, batch), end);
      this.collected.add(wave, batch.batch);
    }
  }

  recordStart(wave: number, planned: PlannedBatch, workflowId: string): void {
    this.movedAt = Date.now();
    this.gate.start(workflowId, planned);
    this.#workflowIds.set(`${wave}/${planned.batch}`, workflowId);
    this.children.add(workflowId, this.table.add(wave, planned));
  }

  recordWait(batch: number, workflowId: string | null): void {
    const key = String(batch);
    if (workflowId === null) this.#earlierChildren.delete(key);
    else this.#earlierChildren.set(key, { workflowId, since: Date.now() });
  }

  /** The tally is null if the batch's workflow never came to a result. */
  recordEnd(wave: number, batch: number, workflowId: string, tally: Tally | null): void {
    this.children.remove(workflowId);
    const entry = this.table.find({ wave, batch });
    if (entry !== undefined) this.gate.end(workflowId, entry.model, tally);
    this.giveRoom();
    this.movedAt = Date.now();
    if (tally === null) return;
    this.totals = addTally(this.totals, tally);
    this.collected.add(wave, batch);
    this.#countRefusal(tally);
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
    this.gate.pause(paused);
    await (paused ? this.children.pause(turn) : this.children.resume(turn));
    this.giveRoom();
  }

  async endNow(): Promise<void> {
    this.switches.endNow = true;
    await this.children.endNow();
  }

  async setBatchDeadline(ms: number): Promise<void> {
    this.switches.batchDeadlineMs = ms;
    await this.children.setBatchDeadline(ms);
  }

  readPage(request: BatchesRequest): BatchPage {
    return { ...this.table.readPage(request), segments: [...this.segments] };
  }

  #countRefusal(tally: Tally): void {
    const before = this.refusals;
    this.refusals = countRefusal(before, tally);
    if (tally.refusal != null) this.lastFault = recordFault(this.lastFault, tally.refusal, Date.now());
    if (this.refusals.inRow > before.inRow) this.onRefusals();
  }

  #applyNews(news: BatchNews): void {
    const fault = readFault(news);
    if (fault !== null) this.lastFault = recordFault(this.lastFault, fault, Date.now(), news.unreachableSince);
    const entry = this.table.find(news);
    // A batch from before a reset may send news of a batch that this run has not started yet.
    if (entry === undefined) return;
    if (entry.stage !== 'done') {
      if (applyToEntry(entry, news)) this.movedAt = Date.now();
      if (news.answersTo !== undefined) this.collected.addChunk(news.wave, news.batch, news.answersTo);
      // A batch that the provider failed before it ran is made again, unless it learns of the pause now.
      if (entry.stage === 'waiting') this.children.tellOfPause().catch(() => undefined);
      this.gate.applyNews(this.#workflowIds.get(`${news.wave}/${news.batch}`) ?? '', entry.model, news);
      this.giveRoom();
    }
    this.#onNews(news);
  }
}
