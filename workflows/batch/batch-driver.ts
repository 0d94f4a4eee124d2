// Drives one batch to its tally: asks the batch machine for the next step, takes it or waits, until the batch is settled.

import { CancelledFailure } from '@temporalio/common';
import { condition, continueAsNew, setCurrentDetails } from '@temporalio/workflow';
import { toBounds } from '../../domain/batch/bounds.ts';
import type { BatchEvent } from '../../domain/batch/events.ts';
import {
  type BatchBounds,
  type BatchCase,
  type BatchStep,
  type HoldReason,
  mayYield,
  newCase,
  nextStep,
} from '../../domain/batch/machine.ts';
import { isUnsent } from '../../domain/batch/provider-batch.ts';
import { applyEvent, type Rulebook } from '../../domain/batch/transitions.ts';
import { formatDuration } from '../../domain/duration.ts';
import type { Tally } from '../../domain/outcome/outcome.ts';
import { type BatchFacts, holdTexts, renderBatchPage } from '../../domain/progress/batch-page.ts';
import { InvariantBroken } from '../../domain/refusal.ts';
import { isHistoryLong } from '../history.ts';
import type { BatchInput, BatchRun } from './batch-run.ts';
import { BatchSteps } from './batch-steps.ts';
import type { StepContext } from './step-context.ts';

/** What a batch carries over when it continues as new: a few kilobytes. */
export interface CarriedBatch {
  readonly known: BatchCase;
  readonly polls: number;
  readonly toldTenths: number;
}

export class BatchDriver implements StepContext {
  readonly run: BatchRun;
  readonly bounds: BatchBounds;
  stops = 0;
  cancels = 0;
  known: BatchCase;
  readonly #book: Rulebook;
  readonly #steps: BatchSteps;
  /** Rises with every event, to end a wait. */
  #changes = 0;

  constructor(run: BatchRun, carried: CarriedBatch | null) {
    const { job, paused, endNow, endBy } = run.input;
    this.run = run;
    this.#book = { rules: job.proofs, bounds: toBounds(job.timing, job.poll) };
    this.bounds = this.#book.bounds;
    this.known = carried?.known ?? newCase(job.deadline.batchMs);
    this.#steps = new BatchSteps(this, carried?.polls ?? 0, carried?.toldTenths ?? -1);
    this.report = this.report.bind(this);
    if (carried === null && paused) this.report({ kind: 'paused' });
    if (carried === null && endBy !== null) this.report({ kind: 'cancelled', endBy });
    if (carried === null && endNow) this.report({ kind: 'deadline' });
  }

  report(event: BatchEvent): void {
    if (event.kind === 'paused' || event.kind === 'deadline') this.stops += 1;
    if (event.kind === 'cancelled' && this.known.giveUpAt === null) this.cancels += 1;
    this.known = applyEvent(this.known, event, Date.now(), this.#book);
    this.#changes += 1;
  }

  async drive(): Promise<Tally> {
    for (;;) {
      const step = nextStep(this.known, Date.now(), this.#book.rules, this.#book.bounds);
      this.#publish(step);
      if (step.kind === 'done') return this.#end();
      if (step.kind === 'leave') throw new CancelledFailure('cancelled before everything was known of the batch');
      if (step.kind === 'hold') await this.#hold(step);
      else await this.#steps.take(step);
      // A settled batch only has to return its tally, which the next run would not have.
      if (!this.known.settled && isHistoryLong(this.run.input.job.historyEventsMax / 2)) await this.#continue();
    }
  }

  /** Writes nothing to history, because a query serves the details. */
  #publish(step: BatchStep): void {
    const { known, run } = this;
    const { planned, job } = run.input;
    const { lastPoll, polls, lastFault, tally } = this.#steps;
    const facts: BatchFacts = {
      planned,
      provider: job.provider,
      step,
      ids: known.batches.map(({ handle }) => handle.id),
      seen: polls === 0 ? null : { status: lastPoll.status, counts: lastPoll.counts },
      createdAt: known.batches[0]?.handle.createdAt ?? null,
      deadlineMs: known.deadlineMs,
      trouble: known.trouble,
      lastFault,
      tally,
    };
    setCurrentDetails(renderBatchPage(facts, Date.now()));
  }

  #end(): Tally {
    if (this.#steps.tally === null) throw new InvariantBroken('a settled batch has no tally');
    return this.#steps.tally;
  }

  /** Only the dispatcher has other jobs that could use the room. */
  yieldRoom(): boolean {
    if (this.run.input.job.dispatch === undefined || !mayYield(this.known, this.#book.rules)) return false;
    this.report({ kind: 'yielded' });
    return true;
  }

  async #hold({ why, until }: Extract<BatchStep, { kind: 'hold' }>): Promise<void> {
    if (why === 'paused' && this.yieldRoom()) {
      return this.run.notify('waiting', { unsent: isUnsent(this.known), yielded: true });
    }
    const before = this.#changes;
    const isChanged = (): boolean => this.#changes > before;
    if (until === null) {
      await condition(isChanged);
      return;
    }
    const delayMs = Math.max(1, until - Date.now());
    await condition(isChanged, delayMs, { summary: this.#describeHold(why, delayMs) });
  }

  #describeHold(why: HoldReason, delayMs: number): string {
    if (why !== 'running') return holdTexts[why];
    const id = this.known.batches.find(({ phase }) => phase === 'open')?.handle.id ?? 'the batch';
    return `poll ${this.#steps.polls + 1} of ${id} (${this.#steps.lastPoll.status}) in ${formatDuration(delayMs)}`;
  }

  async #continue(): Promise<void> {
    const carried: CarriedBatch = {
      known: this.known,
      polls: this.#steps.polls,
      toldTenths: this.#steps.lastPoll.toldTenths,
    };
    await continueAsNew<(input: BatchInput, carried: CarriedBatch) => Promise<Tally>>(
      { ...this.run.input, turn: this.run.turn },
      carried,
    );
  }
}
