// An answer that holds for some seconds from before it was asked for, and is asked for again in the background. After that time, nobody acts by
// it any more, whatever is lost on the way.

import { log } from '@temporalio/activity';
import type { ActivityDeps } from '../deps.ts';

export interface LeaseTerms<T> {
  readonly ask: () => Promise<T>;
  readonly everyMs: number;
  readonly holdsMs: number;
  /** Logged if there is no answer. */
  readonly problem: string;
}

export class Lease<T> {
  readonly #terms: LeaseTerms<T>;
  readonly #clocks: Pick<ActivityDeps, 'elapsed' | 'now'>;
  #askedAt: Times | null = null;
  #asking: Promise<void> | null = null;
  #answer: { readonly value: T; readonly askedAt: Times } | null = null;

  constructor(terms: LeaseTerms<T>, clocks: Pick<ActivityDeps, 'elapsed' | 'now'>) {
    this.#terms = terms;
    this.#clocks = clocks;
  }

  /** Null if there is no answer, or if the last one no longer holds. */
  read(): T | null {
    const { everyMs, holdsMs } = this.#terms;
    if (this.#asking === null && (this.#askedAt === null || this.#measure(this.#askedAt) >= everyMs)) this.#ask();
    return this.#answer !== null && this.#measure(this.#answer.askedAt) < holdsMs ? this.#answer.value : null;
  }

  /** Waits for an answer if none holds. Null if there is none then, or if `stop` is aborted. */
  async await(stop: AbortSignal): Promise<T | null> {
    const known = this.read();
    if (known !== null || stop.aborted) return known;
    const stopped = Promise.withResolvers<void>();
    const onStop = (): void => stopped.resolve();
    stop.addEventListener('abort', onStop, { once: true });
    await Promise.race([this.#asking, stopped.promise]);
    stop.removeEventListener('abort', onStop);
    return this.read();
  }

  #ask(): void {
    const { ask, problem } = this.#terms;
    const askedAt = this.#readTimes();
    this.#askedAt = askedAt;
    this.#asking = ask()
      .then((value) => {
        this.#answer = { value, askedAt };
      })
      .catch((error: unknown) => log.warn(problem, { error }))
      .finally(() => {
        this.#asking = null;
      });
  }

  /** Monotonic time stops while a machine sleeps, and the worker's clock may be set back: what shows more time counts. */
  #measure(from: Times): number {
    const to = this.#readTimes();
    return Math.max(to.elapsed - from.elapsed, to.clock - from.clock);
  }

  #readTimes(): Times {
    return { elapsed: this.#clocks.elapsed(), clock: this.#clocks.now() };
  }
}

interface Times {
  readonly elapsed: number;
  readonly clock: number;
}
