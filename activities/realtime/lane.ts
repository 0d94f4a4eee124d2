// Runs realtime calls side by side. Each answer is durable before its place in the concurrency limit is used again.

import { cancellationSignal } from '@temporalio/activity';
import { type Fault, faultDelayMs, reactionTo } from '../../domain/batch/backoff.ts';
import { realtimeAttemptsMax } from '../../domain/limits.ts';
import { estimatedTokens } from '../../domain/money/cost.ts';
import { noteLine } from '../../job-folder/journals.ts';
import { ProviderError } from '../../providers/error.ts';
import type { Provider } from '../../providers/provider.ts';
import type { Journal } from '../../storage/store.ts';
import { countFault } from '../metrics.ts';
import { type CallPace, pause } from './call-pace.ts';
import type { Call } from './calls.ts';

/** Reasoning models answer slowly. */
const callTimeoutMs = 10 * 60_000;

export class RealtimeLane {
  readonly #provider: Pick<Provider, 'call'>;
  readonly #journal: Journal;
  readonly #pace: CallPace;
  readonly #running = new Set<Promise<void>>();
  #failure: unknown = null;

  constructor(provider: Pick<Provider, 'call'>, journal: Journal, pace: CallPace) {
    this.#provider = provider;
    this.#journal = journal;
    this.#pace = pace;
  }

  /** Returns when the call has begun. After a failure no call begins: it waits for those that run, and throws the failure. */
  async start(call: Call): Promise<void> {
    while (this.#running.size >= this.#pace.limit && this.#failure === null) await Promise.race(this.#running);
    if (this.#failure !== null) return this.finish();
    const run = this.#ask(call)
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => this.#running.delete(run));
    this.#running.add(run);
  }

  /** Waits for the calls that run, then throws the first failure, if there was one. */
  async finish(): Promise<void> {
    await Promise.all(this.#running);
    if (this.#failure !== null) throw this.#failure;
  }

  async #ask(call: Call): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      await this.#pace.awaitTurn(estimatedTokens(call.line.length));
      await this.#journal.note(noteLine({ kind: 'sent', customId: call.customId }));
      try {
        const signal = AbortSignal.any([cancellationSignal(), AbortSignal.timeout(callTimeoutMs)]);
        await this.#journal.append(await this.#provider.call(call.line, { signal }));
        this.#pace.speedUp();
        return;
      } catch (error) {
        const isAskedAgain = await this.#afterFailure(call, tries, error);
        if (!isAskedAgain) return;
      }
    }
  }

  /**
   * Whether to ask again. A call that is given up is journalled with its fault, and the next wave decides about its item. Trouble with the
   * key or the account, and every error that is not the provider's, ends the activity.
   */
  async #afterFailure(call: Call, tries: number, error: unknown): Promise<boolean> {
    if (!(error instanceof ProviderError) || cancellationSignal().aborted) throw error;
    const { fault, retryAfterMs, ambiguous } = error.facts;
    countFault(error.provider, fault);
    if (!ambiguous) await this.#journal.note(noteLine({ kind: 'heard', customId: call.customId }));
    if (reactionTo[fault].kind === 'trouble') throw error;
    const waitMs = computeWaitMs(fault, tries, retryAfterMs);
    const isTooFast = fault === 'rate_limited' || fault === 'overloaded' || fault === 'capacity';
    if (isTooFast) this.#pace.slowDown(waitMs);
    if (tries < realtimeAttemptsMax && reactionTo[fault].kind !== 'final') {
      if (!isTooFast) await pause(waitMs);
      return true;
    }
    await this.#journal.append(noteLine({ kind: 'gaveUp', customId: call.customId, fault }));
    return false;
  }
}

/** A call waits for seconds where a batch would wait for minutes, unless the provider asks for more. */
function computeWaitMs(fault: Fault, tries: number, retryAfterMs: number | null): number {
  return retryAfterMs ?? Math.min(20_000, faultDelayMs(fault, tries, null) / 30);
}
