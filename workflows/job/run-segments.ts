// A wave of more batches than one history may hold runs in segments: each is a child with its own window. They share the job's places.

import { condition, getExternalWorkflowHandle, setHandler, startChild } from '@temporalio/workflow';
import { segmentWorkflowId } from '../../domain/ids.ts';
import type { PlannedBatch } from '../../domain/job.ts';
import { fits, reserve } from '../../domain/money/budget.ts';
import type { Totals } from '../../domain/waves/totals.ts';
import { ChildGroup, childOptions, replaySwitches, runUntilResult } from '../children.ts';
import type { Switches } from '../coordinator.ts';
import { limitSignal, type SegmentNews, segmentNewsSignal } from '../messages.ts';
import { processSegment, type SegmentInput } from '../segment/process-segment.ts';
import { OpenSegments } from './open-segments.ts';
import type { RunningWave } from './running-wave.ts';

export function runInSegments(running: RunningWave, batches: number): Promise<void> {
  return new SegmentedWave(running).run(batches);
}

/** Places that a segment at its end does not need any more go to the next one, so that slow batches keep nobody waiting. */
class SegmentedWave {
  readonly #running: RunningWave;
  readonly #segments = new OpenSegments();
  readonly #children = new ChildGroup();

  constructor(running: RunningWave) {
    this.#running = running;
  }

  async run(batches: number): Promise<void> {
    const { job } = this.#running;
    job.onConcurrency = () => this.#sharePlaces();
    setHandler(segmentNewsSignal, (news) => this.#applyNews(news), {
      description: "From a segment: the progress of the segment's batches.",
    });
    try {
      for (let segment = 1, from = 1; from <= batches && !this.#children.hasFailed; segment += 1) {
        const page = await this.#running.readPage(from);
        await condition(() => this.#mayStart(page));
        const part = takeAffordable(this.#running, page);
        this.#children.add(this.#runSegment(segment, from, part));
        from += part.length;
      }
    } finally {
      await this.#children.awaitAll();
      job.onConcurrency = () => undefined;
    }
    this.#children.throwFailure();
  }

  get #concurrency(): number {
    return this.#running.job.coordinator.switches.concurrency;
  }

  #mayStart([first]: readonly PlannedBatch[]): boolean {
    return (
      this.#segments.countFreePlaces(this.#concurrency) > 0 &&
      !this.#running.isHeld &&
      this.#running.mayAfford(first?.estimate.usd ?? null, this.#segments.size)
    );
  }

  async #runSegment(segment: number, from: number, batches: readonly PlannedBatch[]): Promise<void> {
    const { job, wave, jobWorkflowId } = this.#running;
    const workflowId = segmentWorkflowId(jobWorkflowId, wave.number, segment);
    const estimateUsd = batches.reduce((total, { estimate }) => total + (estimate.usd ?? 0), 0);
    this.#segments.add(workflowId, this.#concurrency);
    job.coordinator.openSegment(workflowId);
    this.#running.reserve(estimateUsd);
    let totals: Totals | null = null;
    try {
      totals = await runUntilResult(workflowId, job.settings.timing, () =>
        this.#startSegment(workflowId, { segment, from, count: batches.length }),
      );
    } finally {
      this.#segments.remove(workflowId, totals);
      job.coordinator.closeSegment(workflowId);
      this.#running.settle(estimateUsd, totals);
      this.#sharePlaces();
      this.#publish();
    }
  }

  async #startSegment(workflowId: string, part: Pick<SegmentInput, 'segment' | 'from' | 'count'>): Promise<Totals> {
    const { wave, jobWorkflowId } = this.#running;
    const switches = this.#readSwitches(workflowId);
    const job = this.#running.describeJob();
    const child = await startChild(processSegment, {
      ...childOptions,
      workflowId,
      args: [{ job, jobWorkflowId, wave: wave.number, ...part, switches }],
      staticSummary: `batches ${part.from} to ${part.from + part.count - 1} of wave ${wave.number}`,
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
    job.coordinator.movedAt = Math.max(job.coordinator.movedAt, news.movedAt);
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
function takeAffordable({ job, mustEnd }: RunningWave, page: readonly PlannedBatch[]): PlannedBatch[] {
  let { budget } = job;
  const batches: PlannedBatch[] = [];
  for (const batch of page) {
    if (batches.length > 0 && !mustEnd && !fits(budget, batch.estimate.usd)) break;
    budget = reserve(budget, batch.estimate.usd);
    batches.push(batch);
  }
  return batches;
}
