// Up to 500 batches of a job that has more, in the same window as the job's own, so that no history grows past its bound.

import { CancelledFailure } from '@temporalio/common';
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { WavePart } from '../../activities/waves/read-part.ts';
import type { Allowance } from '../../domain/capacity/allowance.ts';
import type { PlannedBatch, PlanPosition } from '../../domain/job.ts';
import { lowerCap } from '../../domain/money/budget.ts';
import type { Tally } from '../../domain/outcome/outcome.ts';
import type { Trouble } from '../../domain/progress/events.ts';
import { acknowledge } from '../../domain/progress/refusals.ts';
import type { Totals } from '../../domain/waves/totals.ts';
import { checkWhenDue } from '../alerting.ts';
import type { BatchInput, RealtimeGrant } from '../batch/batch-run.ts';
import { Coordinator, type Switches } from '../coordinator.ts';
import { pickDispatchJob } from '../gate/dispatch-gate.ts';
import { isHistoryLong } from '../history.ts';
import {
  batchDeadlineSignal,
  endNowSignal,
  jobEndsSignal,
  limitSignal,
  nudgeSignal,
  pauseSignal,
  resumeSignal,
  segmentNewsSignal,
} from '../messages.ts';
import { type PartOwner, runPart } from '../run-part.ts';
import { ChunkNews, waitNewsMs } from './chunk-news.ts';
import { addCharge, lowerBy, noCharges, sumCharges } from './realtime-charges.ts';

export interface SegmentInput {
  readonly job: BatchInput['job'];
  readonly jobWorkflowId: string;
  readonly wave: number;
  readonly segment: number;
  /** The part of the wave's plan that the segment runs. */
  readonly at: PlanPosition;
  readonly count: number;
  readonly switches: Switches;
  /** Null if it has no realtime batches. */
  readonly realtime: SegmentGrant | null;
}

/** What the realtime batches of a segment may use. The caps hold for all of them, those included that were settled before. */
export interface SegmentGrant {
  readonly allowance: Allowance;
  readonly budgetUsd: number | null;
  /** The cap of those that fell back. */
  readonly fallbackUsd: number | null;
}

export interface SegmentEnd {
  readonly totals: Totals;
  /** For the job's next realtime batch. */
  readonly allowance: Allowance;
  /** What its items that fell back to the realtime lane have cost. */
  readonly fallbackUsd: number;
}

/** Guarantees a tally of every batch of the segment, as it is on disk. If its history grows too long, it continues as a new run. */
export async function processSegment(input: SegmentInput): Promise<SegmentEnd> {
  const run = new SegmentRun(input);
  const { job, wave, at, count } = input;
  const checks = checkWhenDue(
    () => run.coordinator.findNextLateAt(),
    () => run.notifyJob(),
  );
  const { output, nonce, timing } = job;
  const { open, settled, totals } = await runPart({ output, nonce, wave, at, count }, timing, run);
  if (open.length > 0 && run.isDraining) {
    await condition(allHandlersFinished);
    const { switches, allowance } = run.coordinator;
    const realtime = input.realtime && { ...input.realtime, allowance };
    await continueAsNew<typeof processSegment>({ ...input, switches, realtime });
  }
  checks.cancel();
  // A person may have cancelled only this segment: its job starts it again.
  if (open.length > 0 && CancellationScope.current().consideredCancelled) throw new CancelledFailure('cancelled');
  return { totals, allowance: run.coordinator.allowance, fallbackUsd: sumCharges(settled).fallbackUsd };
}

/** A segment sends at most this many news signals while it starts batches, and one for each of its last batches. */
const newsSteps = 20;

class SegmentRun implements PartOwner {
  readonly coordinator: Coordinator;
  readonly jobWorkflowId: string;
  readonly wave: number;
  readonly #input: SegmentInput;
  /** Batches that are not started yet. */
  #toStart: number;
  #charges = noCharges;
  readonly #chunkNews = new ChunkNews();
  /** How many batches wait for room, and why, as the job knows it since then. */
  #toldWaiting = 0;
  #toldWhy = '';
  #toldAt = 0;

  constructor(input: SegmentInput) {
    this.#input = input;
    this.#toStart = input.count;
    this.jobWorkflowId = input.jobWorkflowId;
    this.wave = input.wave;
    this.coordinator = new Coordinator({ ...input.switches }, false, ({ trouble, answersTo }) => {
      if (trouble !== undefined) this.notifyJob(trouble);
      else if (answersTo !== undefined && this.#chunkNews.take(Date.now())) this.notifyJob();
      else if (this.dispatchJob !== null) this.onWaits();
      else if (this.#countWaiting() !== this.#toldWaiting) this.notifyJob();
    });
    this.coordinator.onRefusals = () => this.notifyJob();
    this.coordinator.allowance = input.realtime?.allowance ?? this.coordinator.allowance;
    this.coordinator.registerHandlers();
    forwardSwitches(this.coordinator);
  }

  get dispatchJob() {
    return pickDispatchJob(this.#input.job);
  }

  get isDraining(): boolean {
    return isHistoryLong(this.#input.job.historyEventsMax);
  }

  get isEnding(): boolean {
    return this.coordinator.switches.endNow;
  }

  recordPart(part: WavePart): void {
    this.#charges = sumCharges(part.settled);
    this.#toStart = part.open.length;
    this.coordinator.recordPart(this.wave, part);
  }

  /** While batches wait for the dispatcher, the figures of the reason change again and again. */
  onWaits(): void {
    const isOver = this.#countWaiting() === 0;
    const isNew = this.#describeWhy() !== this.#toldWhy && Date.now() >= this.#toldAt + waitNewsMs;
    if (isOver ? this.#toldWaiting > 0 : isNew) this.notifyJob();
  }

  mayStart(_batch: PlannedBatch, _running: number, places: number): boolean {
    const { paused, endNow, concurrency } = this.coordinator.switches;
    return (!paused || endNow) && places < concurrency;
  }

  /** The job has reserved the money of all of them. */
  countAffordable(batches: readonly PlannedBatch[]): number {
    return batches.length;
  }

  makeInput(planned: PlannedBatch): BatchInput {
    const { job } = this.#input;
    const { paused, turn, endNow, batchDeadlineMs: batchMs } = this.coordinator.switches;
    const deadline = { ...job.deadline, batchMs };
    const input = { job: { ...job, deadline }, wave: this.wave, planned, paused, turn, endNow, endBy: null };
    return planned.lane === 'batch' ? input : { ...input, realtime: this.#grant(planned) };
  }

  #grant({ fallback }: PlannedBatch): RealtimeGrant {
    const { budgetUsd = null, fallbackUsd = null } = this.#input.realtime ?? {};
    const grantUsd = lowerCap(
      lowerBy(budgetUsd, this.#charges.realtimeUsd),
      fallback === true ? lowerBy(fallbackUsd, this.#charges.fallbackUsd) : null,
    );
    return { allowance: this.coordinator.allowance, chain: workflowInfo().firstExecutionRunId, grantUsd };
  }

  onStart(): void {
    this.#toStart -= 1;
    if (this.#hasStartedAll) this.notifyJob();
  }

  onEnd(planned: PlannedBatch, tally: Tally | null): void {
    this.#charges = addCharge(this.#charges, planned, tally);
    const { children, totals } = this.coordinator;
    // After the last batch, the segment's own end carries the news.
    if (this.#hasStartedAll && children.size === 0) return;
    // Each of the last batches frees a place that another segment may use.
    const isLast = this.#hasStartedAll && children.size <= newsSteps;
    const step = Math.max(1, Math.floor(this.#input.count / newsSteps));
    if (isLast || totals.batches % step === 0) this.notifyJob();
  }

  /** News that does not arrive is not sent again: the next news repeats it, and the segment's result has the totals. */
  notifyJob(trouble?: Trouble): void {
    const { coordinator } = this;
    this.#toldWaiting = this.#countWaiting();
    this.#toldWhy = this.#describeWhy();
    this.#toldAt = Date.now();
    const news = {
      segment: this.#input.segment,
      running: coordinator.children.size,
      draining: this.#hasStartedAll,
      totals: coordinator.totals,
      stages: coordinator.countStates(),
      late: coordinator.countLate(),
      movedAt: coordinator.movedAt,
      earlierChild: coordinator.earlierChild,
      refusals: coordinator.refusals,
      capacity: coordinator.capacityWaits,
      itemsUnderWay: coordinator.countItemsUnderWay(),
      lastFault: coordinator.lastFault,
      ...coordinator.collected.takeNews(),
      ...(trouble === undefined ? {} : { trouble }),
    };
    getExternalWorkflowHandle(this.jobWorkflowId)
      .signal(segmentNewsSignal, news)
      .catch(() => undefined);
  }

  #countWaiting(): number {
    return this.coordinator.capacityWaits.reduce((sum, { waiting }) => sum + waiting, 0);
  }

  #describeWhy(): string {
    return this.coordinator.capacityWaits.map(({ model, reason }) => `${model}: ${reason}`).join();
  }

  get #hasStartedAll(): boolean {
    return this.#toStart === 0;
  }
}

function forwardSwitches(coordinator: Coordinator): void {
  const description = `From ${workflowInfo().parent?.workflowId ?? 'the job'}, forwarded to the open batches.`;
  const setPaused = async (paused: boolean, turn = coordinator.switches.turn): Promise<void> => {
    if (turn < coordinator.switches.turn) return;
    if (!paused) coordinator.refusals = acknowledge(coordinator.refusals);
    await coordinator.setPaused(paused, turn);
  };
  setHandler(pauseSignal, (turn) => setPaused(true, turn), { description });
  setHandler(resumeSignal, (turn) => setPaused(false, turn), { description });
  setHandler(endNowSignal, () => coordinator.endNow(), { description });
  setHandler(nudgeSignal, () => coordinator.children.nudge(), { description });
  setHandler(batchDeadlineSignal, (ms) => coordinator.setBatchDeadline(ms), { description });
  setHandler(jobEndsSignal, (endBy) => coordinator.children.sayThatJobEnds(endBy), { description });
  const limit = (concurrency: number): void => void Object.assign(coordinator.switches, { concurrency });
  setHandler(limitSignal, limit, { description: 'From the job: batches open at the same time.' });
}
