// Realtime lanes that share the rate of one model, second by second: jobs whose batches begin and end by chance, workers that call as fast as
// they may, answers that are lost or old, and calls of workflows that are gone.

import { type Allowance, countCall, findStart, openAllowance } from '../../../domain/capacity/allowance.ts';
import type { Declaration } from '../../../domain/dispatch/declaration.ts';
import { type Dispatched, decideAgain, takeDeclaration, takeGone } from '../../../domain/dispatch/dispatch.ts';
import { findNextChangeAt } from '../../../domain/dispatch/due.ts';
import { findRate, findRateWait, type RateAnswer } from '../../../domain/dispatch/lane-rate.ts';
import { rateHoldsMs, settlesMs } from '../../../domain/dispatch/lanes.ts';
import { type Limits, type ModelLimits, noLimits, setTenant } from '../../../domain/dispatch/limits.ts';
import { type DispatchState, emptyState } from '../../../domain/dispatch/state.ts';
import type { Dice } from '../../../simulation/script/dice.ts';
import { makeDeclaration, makeLoad, makeNeed } from './declarations.ts';

export const startedAt = Date.UTC(2026, 10, 26, 12);
const secondMs = 1000;
const minuteMs = 60_000;
/** A worker notices so late that its workflow is gone, or that its batch is over. */
const noticeMs = 12_000;
export const limitTo = (m: ModelLimits, tenants: Limits['tenants'] = {}): DispatchState => ({
  ...emptyState(startedAt),
  file: { ...noLimits, accounts: { 'openai/default': { models: { m } } }, tenants },
});

export interface Call {
  readonly at: number;
  readonly tokens: number;
  readonly job: string;
}

/** What calls for one chain of runs. */
class Worker {
  readonly job: Job;
  readonly chain: string;
  allowance: Allowance = openAllowance;
  declaredTokens = 0;
  #answer: RateAnswer | null = null;
  #holdsUntil = 0;
  /** Null while its workflow wants it to call. */
  endsAt: number | null = null;

  constructor(job: Job, chain: string) {
    this.job = job;
    this.chain = chain;
  }

  /** `seenAt` is the time of the dispatcher's last task, by which a query answers. */
  ask(state: DispatchState, seenAt: number, now: number): void {
    this.#answer = findRate(state, { holder: this.job.id, chain: this.chain, model: 'm' }, seenAt);
    this.#holdsUntil = now + rateHoldsMs;
  }

  wait(tokens: number, now: number) {
    const answer = now < this.#holdsUntil ? this.#answer : null;
    return findRateWait(answer, tokens, this.declaredTokens);
  }

  call(tokens: number, now: number): boolean {
    const answer = now < this.#holdsUntil ? this.#answer : null;
    if (answer?.kind !== 'rate' || findRateWait(answer, tokens, this.declaredTokens) !== null) return false;
    const limits = { concurrency: 100, rpm: answer.rpm, tpm: answer.tpm };
    if (findStart(this.allowance, tokens, limits, now) > now) return false;
    this.allowance = countCall(this.allowance, tokens, limits, now);
    return true;
  }
}

class Job {
  readonly id: string;
  readonly tenant: string;
  /** Of each of its calls. */
  readonly tokens: number;
  seq = 0;
  chains = 0;
  isOpen = false;
  isPaused = false;
  worker: Worker | null = null;

  constructor(id: string, tenant: string, tokens: number) {
    this.id = id;
    this.tenant = tenant;
    this.tokens = tokens;
  }

  get chain(): string {
    return `${this.id}#${this.chains}`;
  }

  declare(): Declaration {
    this.seq += 1;
    const callTokens = this.worker?.declaredTokens ?? 0;
    const need = makeNeed(this.isOpen ? 0 : 1, {
      lane: 'realtime',
      taken: this.isOpen ? 1 : 0,
      held: makeLoad(this.isOpen ? 1 : 0),
      ...(callTokens === 0 ? {} : { callTokens }),
      ...(this.isPaused ? { isPaused: true } : {}),
    });
    const sharing = { tenant: this.tenant };
    return makeDeclaration(this.id, this.seq, [need], {
      sharing,
      chain: this.chain,
      run: this.chain,
      began: this.chains,
    });
  }
}

export interface LaneWorldPlan {
  readonly limits: ModelLimits;
  readonly jobs: readonly { readonly tenant: string; readonly tokens: number }[];
}

export class LaneWorld {
  state: DispatchState;
  now = startedAt;
  readonly jobs: readonly Job[];
  readonly calls: Call[] = [];
  #workers: Worker[] = [];
  /** When the dispatcher last had a task. */
  #seenAt = startedAt;

  constructor({ limits, jobs }: LaneWorldPlan) {
    this.state = limitTo(limits);
    this.jobs = jobs.map(({ tenant, tokens }, index) => new Job(`job-${index}`, tenant, tokens));
  }

  /** One second: something may happen to a job, workers ask and call. */
  step(dice: Dice, isCalm: boolean): void {
    this.now += secondMs;
    if ((findNextChangeAt(this.state, this.#seenAt) ?? this.now + 1) <= this.now) {
      this.apply(decideAgain(this.state, this.now));
    }
    for (const job of this.jobs) {
      if (!isCalm && dice.isBelow(0.006)) this.#happen(job, dice);
    }
    this.#workers = this.#workers.filter(({ endsAt }) => endsAt === null || endsAt > this.now);
    for (const worker of this.#workers) this.#run(worker, dice);
  }

  apply({ state }: Pick<Dispatched, 'state'>): void {
    this.#seenAt = this.now;
    this.state = JSON.parse(JSON.stringify(state));
  }

  open(job: Job): void {
    this.apply(takeDeclaration(this.state, job.declare(), this.now));
    const entry = this.state.holders[job.id]?.entries[0];
    if (entry === undefined || entry.granted === 0) return;
    job.isOpen = true;
    // The next batch of the same chain continues with what the last one has used.
    const next = job.worker?.chain === job.chain ? job.worker : new Worker(job, job.chain);
    next.endsAt = null;
    job.worker = next;
    if (!this.#workers.includes(next)) this.#workers.push(next);
    this.apply(takeDeclaration(this.state, job.declare(), this.now));
  }

  /** Its worker notices it some seconds later. */
  end(job: Job): void {
    this.#letGo(job);
    job.seq += 1;
    const closed = makeDeclaration(job.id, job.seq, [], {
      isClosed: true,
      chain: job.chain,
      run: job.chain,
      began: job.chains,
    });
    this.apply(takeDeclaration(this.state, closed, this.now));
    job.chains += 1;
  }

  /** Its workflow is gone without a word. It may be started again under the same id. */
  terminate(job: Job, isNoticed: boolean): void {
    this.#letGo(job);
    job.worker = null;
    job.chains += 1;
    if (isNoticed) this.apply(takeGone(this.state, [job.id], this.now));
  }

  pause(job: Job, isPaused: boolean): void {
    job.isPaused = isPaused;
    if (job.worker !== null) job.worker.endsAt = isPaused ? this.now + noticeMs : null;
    if (!isPaused && job.worker !== null && !this.#workers.includes(job.worker)) this.#workers.push(job.worker);
    this.apply(takeDeclaration(this.state, job.declare(), this.now));
  }

  weigh(tenant: string, weight: number): void {
    const { overrides } = this.state;
    this.apply(decideAgain({ ...this.state, overrides: setTenant(overrides, { tenant, weight }) }, this.now));
  }

  /** The dispatcher is terminated, and what it knew cannot be read. */
  loseState(): void {
    const { file, overrides } = this.state;
    this.state = { ...emptyState(this.now), file, overrides, lanesFrom: this.now + settlesMs };
    for (const job of this.jobs) {
      if (job.isOpen) this.apply(takeDeclaration(this.state, job.declare(), this.now));
    }
  }

  /** Of any 60 seconds. */
  findMost(): { readonly calls: number; readonly tokens: number } {
    let [from, tokens, most] = [0, 0, { calls: 0, tokens: 0 }];
    for (const [index, call] of this.calls.entries()) {
      tokens += call.tokens;
      while (call.at - (this.calls[from]?.at ?? 0) >= minuteMs) {
        tokens -= this.calls[from]?.tokens ?? 0;
        from += 1;
      }
      most = { calls: Math.max(most.calls, index - from + 1), tokens: Math.max(most.tokens, tokens) };
    }
    return most;
  }

  #letGo(job: Job): void {
    job.isOpen = false;
    job.isPaused = false;
    if (job.worker !== null) job.worker.endsAt = this.now + noticeMs;
  }

  #happen(job: Job, dice: Dice): void {
    if (dice.isBelow(0.02)) this.loseState();
    else if (dice.isBelow(0.1)) this.weigh(job.tenant, dice.between(1, 9));
    else if (!job.isOpen) this.open(job);
    else if (job.isPaused || dice.isBelow(0.2)) this.pause(job, !job.isPaused);
    else if (dice.isBelow(0.3)) this.terminate(job, dice.isBelow(0.5));
    else this.end(job);
  }

  #run(worker: Worker, dice: Dice): void {
    const { job } = worker;
    // A third of its questions is lost.
    if (this.now % (5 * secondMs) === 0 && !dice.isBelow(0.3)) worker.ask(this.state, this.#seenAt, this.now);
    const wait = worker.wait(job.tokens, this.now);
    if (wait !== null && job.worker === worker && job.isOpen) this.#declareAgain(job, worker, wait);
    while (worker.call(job.tokens, this.now)) this.calls.push({ at: this.now, tokens: job.tokens, job: job.id });
  }

  #declareAgain(
    job: Job,
    worker: Worker,
    { isUnknown, callTokens }: { isUnknown: boolean; callTokens: number | null },
  ) {
    if (!isUnknown && callTokens === null) return;
    worker.declaredTokens = Math.max(worker.declaredTokens, callTokens ?? 0);
    this.apply(takeDeclaration(this.state, job.declare(), this.now));
  }
}
