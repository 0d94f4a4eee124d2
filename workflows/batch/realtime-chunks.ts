// Runs the chunks of a realtime batch, one after the other. A pause, a deadline and a cancellation stop a running chunk. The waits for a
// provider that cannot be reached, or that asks for a long wait, are timers.

import { condition, log } from '@temporalio/workflow';
import type { WithoutRate } from '../../activities/realtime/lane-end.ts';
import type { LaneState, RealtimeInput, RealtimeResult } from '../../activities/realtime/realtime.ts';
import { type Allowance, openAllowance, shiftAllowance } from '../../domain/capacity/allowance.ts';
import { probeDelayMs } from '../../domain/capacity/outage.ts';
import { formatDuration } from '../../domain/duration.ts';
import { realtimeChunkItems } from '../../domain/limits.ts';
import type { ItemReason } from '../../domain/outcome/outcome.ts';
import type { BatchNews, Trouble } from '../../domain/progress/events.ts';
import { isHistoryLong } from '../history.ts';
import { laneCalls } from '../proxies.ts';
import { endIfTakenOver } from '../takeover.ts';
import type { BatchRun } from './batch-run.ts';
import { runUntilStopped } from './stoppable.ts';
import { readTrouble } from './trouble.ts';

/** The provider cannot be reached. */
interface Outage {
  readonly since: number;
  /** The number of failed probes. */
  readonly probes: number;
}

/** What a realtime batch carries over when it continues as new: a few kilobytes. */
export interface CarriedChunks {
  readonly startedAt: number;
  /** The first item of the next chunk, from 0. */
  readonly from: number;
  readonly lane: LaneState;
  readonly outage: Outage | null;
  /** Absent: it waits for no rate. */
  readonly withoutRate?: BatchNews['withoutRate'] | null;
  /** Absent: an earlier version carried it over, and the batch's end shows its answers. */
  readonly telling?: Telling | null;
}

/** Which journals have the answers of the running chunk: those of earlier runs of the batch, and those that were begun for the chunk. */
interface Telling {
  /** The last journal of earlier runs; null until it is known. */
  readonly earlierRuns: number | null;
  /** The last journal before the chunk. */
  readonly before: number;
}

const startTelling: Telling = { earlierRuns: null, before: 0 };

export class RealtimeChunks {
  readonly startedAt: number;
  readonly #run: BatchRun;
  #from: number;
  #lane: LaneState;
  #outage: Outage | null;
  /** What its coordinator knows; null if it has its part of the rate. */
  #withoutRate: BatchNews['withoutRate'] | null;
  /** The largest call for which its coordinator knows that it needs tokens of its own. */
  #declaredTokens = 0;
  /** Null if only the batch's end shows its answers. */
  #telling: Telling | null;
  #cancelled = false;

  constructor(run: BatchRun, carried: CarriedChunks | null) {
    const lane = { allowance: run.input.realtime?.allowance ?? openAllowance, spentUsd: 0, journals: 0 };
    const telling = startTelling;
    const start: CarriedChunks = carried ?? { startedAt: run.startedAt, from: 0, lane, outage: null, telling };
    this.#run = run;
    this.startedAt = start.startedAt;
    this.#from = start.from;
    this.#lane = start.lane;
    this.#outage = start.outage;
    this.#withoutRate = start.withoutRate ?? null;
    this.#declaredTokens = this.#withoutRate?.callTokens ?? 0;
    this.#telling = start.telling ?? null;
  }

  get allowance(): Allowance {
    return this.#lane.allowance;
  }

  carry(): CarriedChunks {
    const withoutRate = this.#withoutRate;
    return {
      startedAt: this.startedAt,
      from: this.#from,
      lane: this.#lane,
      outage: this.#outage,
      withoutRate,
      telling: this.#telling,
    };
  }

  cancel(): void {
    this.#cancelled = true;
  }

  /** Returns the reason of the items that were not asked. `continueRun` is called if the history has grown long. */
  async askAll(continueRun: () => Promise<never>): Promise<ItemReason> {
    const { planned, job } = this.#run.input;
    while (this.#from < planned.items) {
      await condition(() => !this.#run.paused || this.#mustEnd);
      if (this.#mustEnd) return this.#cancelled ? 'cancelled' : 'deadline';
      if (isHistoryLong(job.historyEventsMax / 2)) await continueRun();
      const count = Math.min(realtimeChunkItems, planned.items - this.#from);
      const result = await this.#ask(count);
      if (result !== null) await this.#takeResult(result, count);
    }
    return 'missing';
  }

  get #mustEnd(): boolean {
    return this.#cancelled || this.#run.endNow;
  }

  /** Null if the chunk was stopped, or a person was needed first: it is asked again, except for settled items. */
  async #ask(count: number): Promise<RealtimeResult | null> {
    const mustStop = (): boolean => this.#run.paused || this.#mustEnd;
    const asked = await runUntilStopped(mustStop, () => this.#startChunk(count));
    if (asked.kind === 'done') return asked.value;
    endIfTakenOver(asked.error);
    const trouble = readTrouble(asked.error);
    if (trouble !== null) await this.#awaitHelp(trouble);
    else if (!asked.isStopped) throw asked.error;
    return null;
  }

  #startChunk(count: number): Promise<RealtimeResult> {
    const { planned, job, realtime } = this.#run.input;
    const { tokenFactor } = planned.estimate;
    const from = this.#from;
    const probe = this.#outage?.probes ?? 0;
    const items = `items ${from + 1} to ${from + count} of ${planned.items}`;
    const summary =
      this.#withoutRate !== null
        ? `wait for the rate of ${items}`
        : probe === 0
          ? `ask ${items}`
          : `probe ${probe}: ask one of ${items}`;
    return laneCalls(job, summary).realtime({
      ...this.#run.ref,
      from,
      count,
      model: planned.model,
      endpoint: planned.endpoint,
      ...(tokenFactor === undefined ? {} : { tokenFactor }),
      lane: this.#lane,
      ...(job.dispatch === undefined ? {} : { holder: this.#run.coordinator }),
      ...(realtime?.chain === undefined ? {} : { chain: realtime.chain }),
      ...(this.#declaredTokens === 0 ? {} : { declaredTokens: this.#declaredTokens }),
      ...(this.#withoutRate === null ? {} : { awaitedTokens: this.#withoutRate?.callTokens ?? 0 }),
      ...this.#describeTelling(count),
      grantUsd: realtime?.grantUsd ?? null,
      probe,
    });
  }

  /** The last chunk ends with its batch. */
  #describeTelling(count: number): Pick<RealtimeInput, 'telling'> {
    if (this.#telling === null || this.#from + count >= this.#run.input.planned.items) return {};
    const { earlierRuns, before } = this.#telling;
    return { telling: { skipped: earlierRuns === null ? null : [earlierRuns, before] } };
  }

  async #awaitHelp(trouble: Trouble): Promise<void> {
    const { resumes } = this.#run;
    await this.#run.notify('waiting', { trouble });
    await condition(() => this.#run.resumes > resumes || this.#mustEnd);
  }

  async #takeResult({ end, lane, at, answersTo }: RealtimeResult, count: number): Promise<void> {
    // The activity's clock may be behind the server's, and the next attempt's less so: calls that were made count as made just now.
    this.#lane = { ...lane, allowance: shiftAllowance(lane.allowance, Date.now() - at) };
    if (this.#telling?.earlierRuns === null && lane.journals > 0) {
      this.#telling = { ...this.#telling, earlierRuns: lane.journals - 1 };
    }
    switch (end.kind) {
      case 'done':
        return this.#closeChunk(count, answersTo);
      case 'reached':
        return this.#withoutRate === null ? this.#endOutage() : this.#endWaitForRate();
      case 'without_rate':
        return this.#waitForRate(end);
      case 'unreachable':
        return this.#waitToProbe();
      case 'told_to_wait':
        if (this.#outage !== null) await this.#endOutage();
        return this.#wait(end.waitMs, 'the provider asks for a wait');
      case 'stopped':
        return;
    }
  }

  async #closeChunk(count: number, answersTo: number | undefined): Promise<void> {
    const { items } = this.#run.input.planned;
    this.#from += count;
    // Readers get the chunks of a batch without a gap.
    const { earlierRuns = null } = this.#telling ?? {};
    this.#telling = answersTo === undefined ? null : { earlierRuns, before: this.#lane.journals };
    if (this.#outage !== null) await this.#endOutage(answersTo);
    else if (items > realtimeChunkItems) await this.#tellDone(answersTo);
  }

  #tellDone(answersTo?: number): Promise<void> {
    return this.#run.notify('running', { done: this.#from, ...(answersTo === undefined ? {} : { answersTo }) });
  }

  async #waitToProbe(): Promise<void> {
    const { since, probes } = this.#outage ?? { since: Date.now(), probes: 0 };
    if (probes === 0) log.warn('the provider is not reached', { event: 'outage' });
    this.#outage = { since, probes: probes + 1 };
    await this.#run.notify('waiting', { unreachableSince: since });
    const delayMs = Math.max(probeDelayMs(probes), this.#lane.allowance.notBefore - Date.now());
    await this.#wait(delayMs, `the provider is not reached: probe ${probes + 1}`);
  }

  async #endOutage(answersTo?: number): Promise<void> {
    this.#outage = null;
    log.info('the provider is reached again', { event: 'outage_over' });
    await this.#tellDone(answersTo);
  }

  /** The next activity waits again, and tells when the lane has its part. */
  async #waitForRate({ why, isUnknown, callTokens }: WithoutRate): Promise<void> {
    this.#declaredTokens = Math.max(this.#declaredTokens, callTokens ?? 0);
    this.#withoutRate = { why, isUnknown, callTokens: this.#declaredTokens };
    await this.#run.notify('waiting', { withoutRate: this.#withoutRate });
  }

  async #endWaitForRate(): Promise<void> {
    this.#withoutRate = null;
    await this.#tellDone();
  }

  async #wait(ms: number, what: string): Promise<void> {
    const summary = `${what} in ${formatDuration(ms)}`;
    await condition(() => this.#run.paused || this.#mustEnd, Math.max(1, ms), { summary });
  }
}
