// Runs realtime calls side by side, each as soon as the ledger allows it. Each answer is durable before its place in the concurrency limit is
// used again. Calls that have begun are always awaited, because they may be billed.

import { type Fault, reactionTo } from '../../domain/batch/backoff.ts';
import {
  computeRetryWait,
  countsAgainstItem,
  isTransportFault,
  isUnreachable,
  mustGiveUp,
} from '../../domain/capacity/outage.ts';
import { noteLine } from '../../job-folder/journals.ts';
import { ProviderError } from '../../providers/error.ts';
import type { CallTarget, Provider } from '../../providers/provider.ts';
import type { Journal } from '../../storage/store.ts';
import type { Clock } from '../clock.ts';
import type { ActivityDeps } from '../deps.ts';
import { countFault } from '../metrics.ts';
import { CallQueue, type OpenCall } from './call-queue.ts';
import { type Call, iterateOne } from './calls.ts';
import type { LaneEnd } from './lane-end.ts';
import type { Lease } from './lease.ts';
import type { LaneLedger } from './ledger.ts';
import type { Meter } from './meter.ts';
import type { SharedRate } from './shared-rate.ts';

/** Reasoning models answer slowly. */
const callTimeoutMs = 10 * 60_000;
/** Waits are cut into pieces, so that the lane notices any change meanwhile. */
const pieceMs = 500;
/** Longer waits are left to the workflow. */
const ownWaitMaxMs = 60_000;

export interface LaneParts {
  readonly provider: Pick<Provider, 'call'>;
  readonly target: CallTarget;
  readonly journal: Journal;
  readonly ledger: LaneLedger;
  readonly rate: Pick<SharedRate, 'check'>;
  /** Whether a later attempt has begun. */
  readonly later: Pick<Lease<boolean>, 'await' | 'read'>;
  readonly meter: Meter;
  readonly clock: Pick<Clock, 'now'>;
  readonly wait: ActivityDeps['wait'];
  /** Aborted when no further call may begin. */
  readonly stop: AbortSignal;
}

interface Suspect {
  readonly call: OpenCall;
  readonly fault: Fault;
  readonly retryAfterMs: number | null;
}

export class RealtimeLane {
  readonly #parts: LaneParts;
  readonly #running = new Set<Promise<void>>();
  readonly #queue: CallQueue;
  /** Calls without a reply since the last reply: either their items or the provider are the cause. */
  #suspects: Suspect[] = [];
  /** The next call, held until it may begin. */
  #held: OpenCall | null = null;
  #failure: unknown = null;
  #answers = 0;
  /** Only one call is made. */
  #isProbe = false;

  constructor(parts: LaneParts) {
    this.#parts = parts;
    this.#queue = new CallQueue(parts.meter);
  }

  /** The number of items taken up. */
  get asked(): number {
    return this.#queue.taken;
  }

  /** Throws trouble with the key or the account, and every error that does not come from the provider. */
  async run(calls: AsyncIterator<Call>): Promise<LaneEnd> {
    let end: LaneEnd | null = null;
    try {
      while (end === null && this.#failure === null) end = await this.#step(calls);
    } catch (error) {
      this.#failure ??= error;
    }
    await Promise.all(this.#running);
    if (this.#failure !== null) throw this.#failure;
    return end ?? { kind: 'stopped' };
  }

  /** Makes one call alone, to see whether the provider can be reached again. `left` is the number of items to choose it from. */
  async probe(call: Call, probe: number, left: number): Promise<LaneEnd> {
    this.#isProbe = true;
    const end = await this.run(iterateOne(call));
    if (end.kind === 'done') return { kind: 'reached' };
    if (end.kind !== 'unreachable') return end;
    for (const { call: failed, fault } of this.#suspects) {
      if (countsAgainstItem(fault, probe, left)) await this.#giveUp(failed, fault);
    }
    return end;
  }

  /** Does one thing, or waits for one. Null if the lane continues. */
  async #step(calls: AsyncIterator<Call>): Promise<LaneEnd | null> {
    if (this.#parts.stop.aborted) return { kind: 'stopped' };
    if (this.#suspects.length > 0 && this.#running.size > 0) return this.#awaitOne();
    if (isUnreachable(this.#suspects.length)) return { kind: 'unreachable' };
    this.#held ??= await this.#queue.take(calls, this.#parts.clock.now());
    if (this.#held === null) return this.#endOrWait();
    if (this.#running.size >= this.#parts.ledger.places) return this.#awaitOne();
    return this.#tryToBegin(this.#held);
  }

  async #awaitOne(): Promise<null> {
    await Promise.race(this.#running);
    return null;
  }

  /** Ends or waits, when nothing can begin now. */
  async #endOrWait(): Promise<LaneEnd | null> {
    if (this.#running.size > 0) return this.#awaitOne();
    const { nextAt } = this.#queue;
    if (nextAt !== null) return this.#waitUntil(nextAt);
    // There is no other item to compare with, so items that failed for the first time are tried once more.
    if (!this.#isProbe && this.#suspects.some(({ call }) => call.tries === 0)) {
      await this.#clearSuspects();
      return null;
    }
    return { kind: this.#suspects.length > 0 ? 'unreachable' : 'done' };
  }

  /** Keeps the order: a call that has to wait holds up those after it. */
  async #tryToBegin(call: OpenCall): Promise<LaneEnd | null> {
    const { ledger, rate, later, clock, stop } = this.#parts;
    const isReplaced = await later.await(stop);
    if (isReplaced === true) return { kind: 'stopped' };
    const wait = rate.check(call.tokens);
    if (wait !== null && wait !== 'wait') return this.#running.size > 0 ? this.#awaitOne() : wait;
    if (isReplaced === null || wait !== null || !ledger.takeLimits()) return this.#waitUntil(clock.now() + pieceMs);
    const cost = ledger.isCapped ? ledger.judgeCost(call) : 'fits';
    if (cost === 'not_now' && this.#running.size > 0) return this.#awaitOne();
    if (cost === 'never') return this.#leaveOut(call);
    const now = clock.now();
    const startAt = ledger.findStart(call.tokens, now);
    if (startAt - now > ownWaitMaxMs && ledger.allowance.notBefore - now > ownWaitMaxMs) {
      return this.#running.size > 0 ? this.#awaitOne() : { kind: 'told_to_wait', waitMs: startAt - now };
    }
    return startAt > now ? this.#waitUntil(startAt) : this.#begin(call, now);
  }

  async #waitUntil(time: number): Promise<null> {
    const { clock, wait, stop } = this.#parts;
    await wait(Math.min(pieceMs, Math.max(1, time - clock.now())), stop);
    return null;
  }

  async #leaveOut({ customId }: OpenCall): Promise<null> {
    this.#held = null;
    await this.#parts.journal.append(noteLine({ kind: 'overBudget', customId }));
    return null;
  }

  async #begin(call: OpenCall, at: number): Promise<null> {
    const { ledger, journal, later } = this.#parts;
    const { customId, tokens, nanoUsd } = call;
    ledger.send(customId, { at, tokens, nanoUsd });
    // Each call is sent directly after its note, so that the time between two calls matches the ledger's.
    await journal.note(noteLine({ kind: 'sent', customId, call: { at, tokens, nanoUsd } }));
    // A disk may stand still while the note is written, and a later attempt may have begun meanwhile.
    if (later.read() !== false) {
      ledger.release(customId);
      await journal.note(noteLine({ kind: 'heard', customId }));
      return null;
    }
    this.#held = null;
    const run = this.#ask(call)
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => this.#running.delete(run));
    this.#running.add(run);
    return null;
  }

  async #ask(call: OpenCall): Promise<void> {
    const { provider, target, journal, ledger, meter } = this.#parts;
    try {
      const answer = await provider.call(call.line, target, { signal: AbortSignal.timeout(callTimeoutMs) });
      await journal.append(answer);
      ledger.answer(call.customId, ledger.isCapped ? (meter.read(answer)?.costUsd ?? null) : 0);
    } catch (error) {
      await this.#takeFailure(call, error);
      return;
    }
    this.#answers += 1;
    await this.#clearSuspects();
  }

  async #takeFailure(call: OpenCall, error: unknown): Promise<void> {
    if (!(error instanceof ProviderError)) throw error;
    const { ledger, journal } = this.#parts;
    const { fault, retryAfterMs, ambiguous } = error.facts;
    countFault(error.provider, fault);
    if (ambiguous) {
      ledger.loseReply(call.customId);
    } else {
      ledger.release(call.customId);
      await journal.note(noteLine({ kind: 'heard', customId: call.customId }));
    }
    if (reactionTo[fault].kind === 'trouble') throw error;
    if (isTransportFault(fault)) {
      if (retryAfterMs !== null) await this.#slow(retryAfterMs);
      this.#suspects.push({ call, fault, retryAfterMs });
      return;
    }
    await this.#clearSuspects();
    if (reactionTo[fault].kind === 'final') return this.#giveUp(call, fault);
    await this.#slow(computeRetryWait(fault, call.tries + 1, retryAfterMs));
    await this.#countTry(call, fault, 0);
  }

  /** The provider has replied, so the calls without a reply failed because of their items. */
  async #clearSuspects(): Promise<void> {
    const suspects = this.#suspects;
    this.#suspects = [];
    for (const { call, fault, retryAfterMs } of suspects) {
      await this.#countTry(call, fault, computeRetryWait(fault, call.tries + 1, retryAfterMs));
    }
  }

  async #countTry(call: OpenCall, fault: Fault, waitMs: number): Promise<void> {
    const tries = call.tries + 1;
    const { answersBefore = this.#answers } = call;
    if (mustGiveUp(fault, tries, this.#answers - answersBefore)) return this.#giveUp(call, fault);
    this.#queue.putBack({ ...call, tries, answersBefore, notBefore: this.#parts.clock.now() + waitMs });
  }

  /** The next wave decides about the item. */
  async #giveUp({ customId }: OpenCall, fault: Fault): Promise<void> {
    await this.#parts.journal.append(noteLine({ kind: 'gaveUp', customId, fault }));
  }

  async #slow(waitMs: number): Promise<void> {
    const { ledger, clock, journal } = this.#parts;
    const at = clock.now();
    ledger.slow(at, waitMs);
    await journal.note(noteLine({ kind: 'slowed', at, waitMs: Math.round(waitMs) }));
  }
}
