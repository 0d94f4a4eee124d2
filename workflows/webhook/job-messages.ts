// Tells the receiver of a job what happens to it. Each message is delivered by a workflow of its own that outlives the job, so a receiver that is
// down does not affect the job. A job that asks for no event writes nothing to its history here.

import { CancellationScope, ContinueAsNew, isCancellation, log, workflowInfo } from '@temporalio/workflow';
import { carriedBatch } from '../../domain/ids.ts';
import type { JobSettings } from '../../domain/job.ts';
import { choosePhase, type Ending, listHolding, type Pauses } from '../../domain/progress/pauses.ts';
import type { JobReport } from '../../domain/report/report.ts';
import type { WebhookEvent } from '../../domain/webhook/events.ts';
import {
  type CollectedNotice,
  chooseMessageTime,
  describeMessage,
  describePauses,
  type JobEnd,
  nameMessage,
  type WebhookMessage,
} from '../../domain/webhook/message.ts';
import { batchesPerMessage, computeGatherMs, nothingTold, type Told } from '../../domain/webhook/told.ts';
import { callWhenDue } from '../alerting.ts';
import { startOutliving } from '../children.ts';
import type { Coordinator } from '../coordinator.ts';

/** A job's state as far as its messages tell it. */
interface ToldJob extends Ending {
  readonly isOpen: boolean;
  readonly settings: JobSettings;
  readonly pauses: Pauses;
  readonly cancelled: boolean;
  readonly startedAt: number;
  readonly report: JobReport | null;
  readonly coordinator: Coordinator;
}

const markDigits = 12;

export class JobMessages {
  readonly #job: ToldJob;
  #told: Told;
  /** Deliveries whose start is not confirmed. */
  #starting = 0;
  #lastStart: Promise<unknown> = Promise.resolve();

  constructor(job: ToldJob, told: Told = nothingTold) {
    this.#job = job;
    this.#told = told;
  }

  /** For a run that continues the job. */
  get told(): Told {
    return this.#told;
  }

  /** Whether every delivery has been started. */
  get isIdle(): boolean {
    return this.#starting === 0;
  }

  /** Call it after each change of the job's phase or pauses. Further reasons of a pause that was told are not told. */
  update(): void {
    const phase = choosePhase(this.#job.pauses, this.#job);
    const paused = phase === 'paused';
    if (paused === this.#told.paused) return;
    this.#told = { ...this.#told, paused };
    if (paused) this.#tellPause();
    // Of a job that is cancelled in a pause, the next message tells the end.
    else if (phase !== 'cancelling' && this.#asksFor('job.resumed')) {
      this.#start((message) => describeMessage(message, 'job.resumed', readRun()), 'the job continues');
    }
  }

  /** Reports batches in the background, until the returned scope is cancelled. Null if nobody asks for it. */
  watchCollected(): CancellationScope | null {
    if (!this.#asksFor('batch.collected')) return null;
    const { startedAt, coordinator } = this.#job;
    const findDueAt = (): number | null =>
      coordinator.collected.size > this.#told.collected ? Date.now() + computeGatherMs(Date.now() - startedAt) : null;
    return callWhenDue(findDueAt, () => this.#tellCollected(), { summary: 'gather batches for a message', everyMs: 0 });
  }

  /**
   * Tells the end, after the batches that are in no message yet. Does nothing for a job that was refused, and for a run that another one continues.
   * `error` is how the job failed.
   */
  async end(error: unknown = null): Promise<void> {
    if (!this.#job.isOpen || error instanceof ContinueAsNew) return;
    if (this.#asksFor('batch.collected')) this.#tellCollected();
    if (this.#asksFor('job.ended')) {
      const data = describeEnd(this.#job, error);
      this.#start((message) => describeMessage(message, 'job.ended', data), 'the job has ended');
    }
    await this.#lastStart;
  }

  #asksFor(event: WebhookEvent): boolean {
    return this.#job.settings.webhook?.events.includes(event) === true;
  }

  #tellPause(): void {
    if (!this.#asksFor('job.paused')) return;
    const pauses = describePauses(listHolding(this.#job.pauses, this.#job));
    this.#start((message) => describeMessage(message, 'job.paused', { ...readRun(), pauses }), 'the job is paused');
  }

  #tellCollected(): void {
    const { coordinator, settings } = this.#job;
    for (let from = this.#told.collected; from < coordinator.collected.size; from = this.#told.collected) {
      const page = coordinator.collected.list(from, batchesPerMessage).batches;
      this.#told = { ...this.#told, collected: from + page.length };
      const numbered = page.map(([wave, batch, to], index) => ({ number: from + index + 1, wave, batch, to }));
      // What `reuse` carried over came from no batch of this job, and a chunk is only a part of one.
      const batches = numbered.flatMap(({ to, ...batch }) =>
        to === undefined && batch.wave !== carriedBatch.wave ? [batch] : [],
      );
      if (batches.length === 0) continue;
      const more = { ...readRun(), output: settings.output, batches };
      this.#start((message) => ({ ...message, ...more }), `${batches.length} batches are collected`);
    }
  }

  /** Starts one delivery after the other, so that they begin in the order of their ids. */
  #start(
    make: (message: Pick<CollectedNotice, 'id' | 'url' | 'at'>) => WebhookMessage | CollectedNotice,
    what: string,
  ): void {
    const { webhook, nonce } = this.#job.settings;
    const at = chooseMessageTime(Date.now(), this.#told.at);
    this.#told = { ...this.#told, at };
    const message = make({ id: nameMessage(at, nonce.slice(0, markDigits)), url: webhook?.url ?? '', at });
    const delivery = {
      workflowId: `${workflowInfo().workflowId}/webhook/${message.id}`,
      args: [message],
      staticSummary: `tells a receiver that ${what}`,
    };
    this.#starting += 1;
    this.#lastStart = this.#lastStart
      .then(() => CancellationScope.nonCancellable(() => startOutliving('deliverWebhook', delivery)))
      // A job does not fail because of its receiver.
      .catch((error: unknown) =>
        log.error('a message was not started', { event: 'webhook_lost', error: String(error) }),
      )
      .finally(() => {
        this.#starting -= 1;
      });
  }
}

function readRun(): Pick<JobEnd, 'job' | 'run'> {
  const { workflowId, runId } = workflowInfo();
  return { job: workflowId, run: runId };
}

function describeEnd({ report, cancelled }: ToldJob, error: unknown): JobEnd {
  const isCancelled = cancelled || isCancellation(error);
  return {
    ...readRun(),
    state: isCancelled ? 'cancelled' : error === null ? 'completed' : 'failed',
    verdict: report?.verdict ?? null,
    answered: report?.rows.answered ?? null,
    failed: report?.rows.failed ?? null,
    usd: report?.cost.usd ?? null,
    results: report?.files.results ?? null,
    report: report?.files.report ?? null,
  };
}
