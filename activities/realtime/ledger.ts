// What a realtime batch has used so far: its allowance of requests and tokens, and its money. It is rebuilt from the journals of earlier
// attempts by the same steps that they took.

import {
  type Allowance,
  afterAnswer,
  afterRefusal,
  countCall,
  countPlaces,
  findStart,
  type LaneLimits,
  shiftAllowance,
} from '../../domain/capacity/allowance.ts';
import { type Budget, fits, openBudget, reserve, settle } from '../../domain/money/budget.ts';
import type { PlannedCall } from '../../job-folder/journals.ts';
import type { SharedRate } from './shared-rate.ts';

const nano = 1e-9;
const toUsd = (nanoUsd: number | null): number | null => (nanoUsd === null ? null : nanoUsd * nano);

export class LaneLedger {
  readonly #rate: Pick<SharedRate, 'read' | 'atFirst'>;
  #limits: LaneLimits;
  #allowance: Allowance;
  #budget: Budget;
  /** Estimates of the calls that were sent and have no result yet, by custom id. */
  readonly #pending = new Map<string, number | null>();
  /** The latest time in a note. */
  #seenAt: number | null = null;

  /** `grantUsd` is the money that the batch may spend, null if there is no cap; `spentUsd` is what it has spent so far. */
  constructor(
    rate: Pick<SharedRate, 'read' | 'atFirst'>,
    allowance: Allowance,
    grantUsd: number | null,
    spentUsd: number,
  ) {
    this.#rate = rate;
    this.#limits = rate.atFirst;
    this.#allowance = allowance;
    this.#budget = openBudget(grantUsd, spentUsd);
  }

  /** Takes the limits that hold now. False if no call may begin, because it is not known what others that share the rate use. */
  takeLimits(): boolean {
    const limits = this.#rate.read();
    this.#limits = limits ?? this.#limits;
    return limits !== null;
  }

  get allowance(): Allowance {
    return this.#allowance;
  }

  get spentUsd(): number {
    return this.#budget.settledUsd;
  }

  get isCapped(): boolean {
    return this.#budget.capUsd !== null;
  }

  /** The number of calls that may run at the same time. */
  get places(): number {
    return countPlaces(this.#allowance, this.#limits);
  }

  findStart(tokens: number, now: number): number {
    return findStart(this.#allowance, tokens, this.#limits, now);
  }

  /** Whether the call fits now, could fit when other calls are settled, or can never fit. */
  judgeCost({ nanoUsd }: Pick<PlannedCall, 'nanoUsd'>): 'fits' | 'not_now' | 'never' {
    if (fits(this.#budget, toUsd(nanoUsd))) return 'fits';
    return fits({ ...this.#budget, reservedUsd: 0 }, toUsd(nanoUsd)) ? 'not_now' : 'never';
  }

  /**
   * A further attempt begins. Its clock may be ahead of the previous one, by the time that the previous attempt waited for its worker. So times
   * are moved: the last call counts as made when the new attempt was scheduled, because it was not made later.
   */
  begin(at: number): void {
    if (this.#seenAt !== null) this.#allowance = shiftAllowance(this.#allowance, at - this.#seenAt);
    this.#seenAt = at;
    this.losePending();
  }

  send(customId: string, { at, tokens, nanoUsd }: PlannedCall): void {
    // The call is sent again although the first one has no result: both may be billed.
    this.loseReply(customId);
    this.#seenAt = at;
    this.#allowance = countCall(this.#allowance, tokens, this.#limits, at);
    this.#budget = reserve(this.#budget, toUsd(nanoUsd));
    this.#pending.set(customId, nanoUsd);
  }

  /** If `costUsd` is null, the cost is not known and the estimate counts. */
  answer(customId: string, costUsd: number | null): void {
    this.#allowance = afterAnswer(this.#allowance, this.#limits);
    this.#settle(customId, costUsd);
  }

  /** The provider certainly did not run the call. */
  release(customId: string): void {
    this.#settle(customId, 0);
  }

  /** The call may be billed: its estimate counts. */
  loseReply(customId: string): void {
    this.#settle(customId, null);
  }

  losePending(): void {
    for (const customId of this.#pending.keys()) this.loseReply(customId);
  }

  slow(at: number, waitMs: number): void {
    this.#seenAt = at;
    this.#allowance = afterRefusal(this.#allowance, waitMs, at);
  }

  #settle(customId: string, costUsd: number | null): void {
    // Calls that earlier versions noted have no estimate.
    const estimateUsd = toUsd(this.#pending.get(customId) ?? null);
    this.#pending.delete(customId);
    this.#budget = settle(this.#budget, estimateUsd, costUsd ?? estimateUsd);
  }
}
