// A wave of more batches than one history may hold runs in segments: each is a child with its own window. They share the job's places.

import { CancellationScope, condition, getExternalWorkflowHandle, setHandler, startChild } from '@temporalio/workflow';
import type { WavePart } from '../../activities/waves/read-part.ts';
import { segmentWorkflowId } from '../../domain/ids.ts';
import { type PlannedBatch, type PlanPosition, planStart } from '../../domain/job.ts';
import { fits, reserve } from '../../domain/money/budget.ts';
import { chooseLaterFault } from '../../domain/progress/faults.ts';
import { mustPause } from '../../domain/progress/refusals.ts';
import { noTotals } from '../../domain/waves/totals.ts';
import { ChildGroup, childOptions, replaySwitches, runUntilResult } from '../children.ts';
import type { Switches } from '../coordinator.ts';
import { limitSignal, type SegmentNews, segmentNewsSignal } from '../messages.ts';
import { filePass } from '../proxies.ts';
import { readPart } from '../run-part.ts';
import { processSegment, type SegmentEnd, type SegmentGrant, type SegmentInput } from '../segment/process-segment.ts';
import { sumCharges } from '../segment/realtime-charges.ts';
import type { SegmentPlace } from './carried-job.ts';
import { OpenSegments } from './open-segments.ts';
import { describeJob, type RunningWave } from './running-wave.ts';

type SegmentPart = Pick<SegmentInput, 'segment' | 'at' | 'count'>;

const firstSegment: SegmentPlace = { number: 1, at: planStart, totals: noTotals };

export function runInSegments(running: RunningWave): Promise<void> {
  return new SegmentedWave(running).run();
}

/** Places that a segment at its end does not need any more go to the next one, so that slow batches keep nobody waiting. */
class SegmentedWave {
  readonly #running: RunningWave;
  readonly #segments: OpenSegments;
  readonly #children = new ChildGroup();
  /** Whether a segment with realtime batches is open. */
  #isRealtimeOpen = false;
  /** The next segment. Null if there is none. */
  #next: SegmentPlace | null;

  constructor(running: RunningWave) {
    this.#running = running;
    this.#next = running.job.findPlaceInside(running.wave)?.segments ?? firstSegment;
    this.#segments = new OpenSegments(this.#next.totals);
  }

  async run(): Promise<void> {
    const { job, wave, plan } = this.#running;
    const { timing } = job.settings;
    job.onConcurrency = () => this.#sharePlaces();
    setHandler(segmentNewsSignal, (news) => this.#applyNews(news), {
      description: "From a segment: the progress of the segment's batches.",
    });
    try {
      while (this.#next !== null && !this.#mustStop) await this.#startNext(this.#next);
    } finally {
      await this.#children.awaitAll();
      job.onConcurrency = () => undefined;
    }
    this.#children.throwFailure();
    if (this.#next !== null) {
      const segments = { ...this.#next, totals: this.#segments.sumTotals() };
      await job.continueAt({ kind: 'inside', wave, plan, segments });
    }
    const summing = filePass(timing, `sum up wave ${wave.number}`);
    const sum = () => summing.sumWave({ ...job.ref, wave: wave.number, batches: plan.batches });
    job.coordinator.totals = await CancellationScope.nonCancellable(sum);
  }

  get #mustStop(): boolean {
    return this.#children.hasFailed || this.#running.isDraining;
  }

  async #startNext(place: SegmentPlace): Promise<void> {
    const { job } = this.#running;
    const page = await readPart(this.#running.describePart(place.at), job.settings.timing);
    // The end of a segment charges all of its batches, those included that were settled before it. Until then their cost is reserved.
    const spentUsd = sumCharged(page);
    this.#running.reserve(spentUsd);
    if (page.open.length > 0) await condition(() => this.#mayStart(page) || this.#mustStop);
    const taken = this.#mustStop ? null : takeAffordable(this.#running, place.at, page);
    this.#running.release(spentUsd);
    if (taken === null) return;
    const { estimateUsd, count, next } = taken;
    this.#next = next === null ? null : { number: place.number + 1, at: next, totals: noTotals };
    if (page.open.length === 0) return this.#recordSettled(page);
    this.#children.add(this.#runSegment({ segment: place.number, at: place.at, count }, page, estimateUsd));
  }

  /** Of a segment that has ended, all batches are collected. */
  #recordCollected({ at, count }: Pick<SegmentPart, 'at' | 'count'>): void {
    const { collected } = this.#running.job.coordinator;
    for (let batch = at.batch; batch < at.batch + count; batch += 1) collected.add(this.#running.wave.number, batch);
  }

  /** Its batches were settled before this workflow began. */
  #recordSettled({ settled, totals }: WavePart): void {
    this.#segments.addSettled(totals);
    for (const each of settled) {
      this.#running.charge(each);
      this.#running.job.coordinator.collected.add(this.#running.wave.number, each.batch);
    }
    this.#publish();
  }

  get #concurrency(): number {
    return this.#running.job.coordinator.switches.concurrency;
  }

  /** Segments with realtime batches run one after the other, because the job has one realtime lane. */
  #mayStart({ open }: WavePart): boolean {
    const [first] = open;
    return (
      first !== undefined &&
      this.#segments.countFreePlaces(this.#concurrency) > 0 &&
      !this.#running.isHeld &&
      !(this.#isRealtimeOpen && open.some(({ lane }) => lane === 'realtime')) &&
      this.#running.mayAfford(first, this.#segments.size)
    );
  }

  async #runSegment(part: SegmentPart, page: WavePart, estimateUsd: number): Promise<void> {
    const { job, wave, jobWorkflowId } = this.#running;
    const workflowId = segmentWorkflowId(jobWorkflowId, wave.number, part.segment);
    const { timing } = job.settings;
    const onWait = (awaited: string | null): void => job.coordinator.recordWait(part.at.batch, awaited);
    this.#segments.add(workflowId, this.#concurrency);
    job.coordinator.openSegment(workflowId);
    this.#running.reserve(estimateUsd);
    const realtime = this.#grant(part, page);
    if (realtime !== null) this.#isRealtimeOpen = true;
    let end: SegmentEnd | null = null;
    try {
      const plan = { workflowId, timing, onWait, untilMs: null };
      end = await runUntilResult(plan, () => this.#startSegment(workflowId, part, realtime));
    } finally {
      this.#segments.remove(workflowId, end?.totals ?? null);
      if (end !== null) this.#recordCollected(part);
      job.coordinator.closeSegment(workflowId);
      if (realtime !== null) this.#takeRealtimeBack(end);
      this.#running.settle(estimateUsd, end?.totals ?? null);
      this.#sharePlaces();
      this.#publish();
    }
  }

  /** What the realtime batches of a segment may use; null if it has none. */
  #grant({ at, count }: SegmentPart, { open, settled }: WavePart): SegmentGrant | null {
    const isIn = ({ batch, lane }: Pick<PlannedBatch, 'batch' | 'lane'>): boolean =>
      lane === 'realtime' && batch < at.batch + count;
    const waiting = open.filter(isIn);
    if (waiting.length === 0) return null;
    const before = sumCharges(settled.filter(isIn));
    const budgetLeft = this.#running.countLeftUsd(waiting.reduce((sum, { estimate }) => sum + (estimate.usd ?? 0), 0));
    const fallbackLeft = this.#running.countFallbackLeftUsd();
    return {
      allowance: this.#running.job.coordinator.allowance,
      budgetUsd: budgetLeft === null ? null : budgetLeft + before.realtimeUsd,
      // Nothing of what is settled in it is charged yet.
      fallbackUsd: fallbackLeft,
    };
  }

  #takeRealtimeBack(end: SegmentEnd | null): void {
    const { job } = this.#running;
    this.#isRealtimeOpen = false;
    job.coordinator.allowance = end?.allowance ?? job.coordinator.allowance;
    job.fallbackUsd += end?.fallbackUsd ?? 0;
  }

  async #startSegment(workflowId: string, part: SegmentPart, realtime: SegmentGrant | null): Promise<SegmentEnd> {
    const { wave, jobWorkflowId } = this.#running;
    const switches = this.#readSwitches(workflowId);
    const job = describeJob(this.#running.job);
    const child = await startChild(processSegment, {
      ...childOptions,
      workflowId,
      args: [{ job, jobWorkflowId, wave: wave.number, ...part, switches, realtime }],
      staticSummary: `batches ${part.at.batch} to ${part.at.batch + part.count - 1} of wave ${wave.number}`,
    });
    await replaySwitches(child, switches, this.#readSwitches(workflowId));
    const limit = this.#segments.getLimit(workflowId);
    if (limit !== switches.concurrency) await child.signal(limitSignal, limit).catch(() => undefined);
    return child.result();
  }

  #readSwitches(workflowId: string): Switches {
    const { job, mustEnd } = this.#running;
    return { ...job.coordinator.switches, concurrency: this.#segments.getLimit(workflowId), endNow: mustEnd };
  }

  #applyNews(news: SegmentNews): void {
    const { job, wave, jobWorkflowId } = this.#running;
    const workflowId = segmentWorkflowId(jobWorkflowId, wave.number, news.segment);
    if (!this.#segments.has(workflowId)) return;
    this.#segments.update(workflowId, news);
    job.coordinator.collected.addNews(wave.number, news);
    job.coordinator.movedAt = Math.max(job.coordinator.movedAt, news.movedAt);
    job.coordinator.refusals = news.refusals;
    job.coordinator.lastFault = chooseLaterFault(job.coordinator.lastFault, news.lastFault ?? null);
    job.pauseIfRefused(mustPause);
    if (news.trouble !== undefined) {
      job.pauseFor(news.trouble, 'a batch met trouble with its key or money: fix it, then resume');
    }
    this.#sharePlaces();
    this.#publish();
  }

  /** A signal that does not arrive is of no use any more: the segment has ended. */
  #sharePlaces(): void {
    for (const workflowId of this.#segments.updateLimits(this.#concurrency)) {
      getExternalWorkflowHandle(workflowId)
        .signal(limitSignal, this.#segments.getLimit(workflowId))
        .catch(() => undefined);
    }
  }

  #publish(): void {
    const { job } = this.#running;
    job.coordinator.totals = this.#segments.sumTotals();
    job.coordinator.inSegments = this.#segments.sumCounts();
    job.publish();
  }
}

/** The first batch was found to fit; further ones are taken as long as the budget holds for them too. */
function takeAffordable(
  { job, mustEnd }: RunningWave,
  at: PlanPosition,
  page: WavePart,
): { readonly estimateUsd: number; readonly count: number; readonly next: PlanPosition | null } {
  let { budget } = job;
  let estimateUsd = 0;
  for (const [index, { batch, byte, lane, estimate }] of page.open.entries()) {
    if (index > 0 && !mustEnd && lane === 'batch' && !fits(budget, estimate.usd)) {
      return { estimateUsd: estimateUsd + sumCharged(page, batch), count: batch - at.batch, next: { batch, byte } };
    }
    budget = reserve(budget, estimate.usd);
    estimateUsd += estimate.usd ?? 0;
  }
  return {
    estimateUsd: estimateUsd + sumCharged(page),
    count: page.open.length + page.settled.length,
    next: page.next,
  };
}

/** What the settled batches with a lower number have cost. */
const sumCharged = ({ settled }: WavePart, before = Number.POSITIVE_INFINITY): number =>
  settled.reduce((sum, { batch, chargedUsd }) => sum + (batch < before ? (chargedUsd ?? 0) : 0), 0);
