// Measures the dispatcher's decisions with a long line of waiting batches: their time, how fair they are, how long priority 3 waits, and the
// size of the state.

import type { Declaration } from '../../domain/dispatch/declaration.ts';
import { takeDeclaration } from '../../domain/dispatch/dispatch.ts';
import { HolderBook } from '../../domain/dispatch/holder.ts';
import { type Limits, noLimits } from '../../domain/dispatch/limits.ts';
import { type DispatchState, emptyState } from '../../domain/dispatch/state.ts';

export interface DispatcherFigures {
  readonly tenants: number;
  readonly waiting: number;
  readonly open: number;
  readonly decisions: number;
  /** Of one declaration and the grants that follow from it, in milliseconds. */
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Jain's index over what each tenant of a priority was granted: 1 if all have the same. The lowest of the three. */
  readonly fairness: number;
  /** By priority: the most grants to others between two grants of the same job. */
  readonly longestGap: Readonly<Record<number, number>>;
  readonly stateBytes: number;
}

const tenants = 200;
const batchesEach = 25;
const open = 50;
const model = 'gpt-5.4-mini';
const size = { tokens: 50_000, usd: 0.05 };
const limits: Limits = { ...noLimits, accounts: { 'openai/default': { batches: open } } };

class Job {
  readonly id: string;
  readonly priority: 1 | 2 | 3;
  readonly open: string[] = [];
  granted = 0;
  lastGrant = 0;
  readonly #book = new HolderBook();
  #seq = 0;

  constructor(index: number) {
    this.id = `job-${index}`;
    this.priority = ((index % 3) + 1) as 1 | 2 | 3;
    this.#need.addSize(size);
  }

  /** It always has as many batches to start. */
  declare(): Declaration {
    this.#need.offer(batchesEach);
    this.#seq += 1;
    return {
      holder: this.id,
      run: 'run',
      began: 0,
      seq: this.#seq,
      provider: 'openai',
      account: 'default',
      sharing: { tenant: `tenant of ${this.id}`, priority: this.priority },
      needs: this.#book.read(0),
      spentUsd: 0,
      isClosed: false,
    };
  }

  hear(grants: Parameters<HolderBook['apply']>[0]): void {
    this.#book.apply(grants);
    while (this.#need.mayStart) {
      const id = `${this.id}-${this.granted}`;
      this.granted += 1;
      this.#need.start(id, size, 0);
      this.#need.accept(id);
      this.open.push(id);
    }
  }

  endOne(): void {
    const id = this.open.shift();
    if (id !== undefined) this.#need.end(id, 0);
  }

  get #need() {
    return this.#book.at({ model, lane: 'batch' });
  }
}

export function measureDispatcher(decisions = 5_000): DispatcherFigures {
  const jobs = Array.from({ length: tenants }, (_, index) => new Job(index));
  const byId = new Map(jobs.map((job) => [job.id, job]));
  let state: DispatchState = { ...emptyState(0), file: limits };
  const times: number[] = [];
  const longestGap: Record<number, number> = { 1: 0, 2: 0, 3: 0 };
  let grants = 0;
  const declare = (job: Job): void => {
    const declaration = job.declare();
    const began = performance.now();
    const { state: next, told } = takeDeclaration(state, declaration, times.length);
    times.push(performance.now() - began);
    state = next;
    for (const [id, its] of Object.entries(told)) {
      const other = byId.get(id);
      const before = other?.granted ?? 0;
      other?.hear(its);
      if (other === undefined || other.granted === before) continue;
      grants += other.granted - before;
      longestGap[other.priority] = Math.max(longestGap[other.priority] ?? 0, grants - other.lastGrant);
      other.lastGrant = grants;
    }
  };
  for (const job of jobs) declare(job);
  // What was granted to the first jobs before the others had declared says nothing.
  for (const job of jobs) job.granted = 0;
  times.length = 0;
  for (let turn = 0; times.length < decisions; turn += 1) {
    const holders = jobs.filter((job) => job.open.length > 0);
    const job = holders[turn % holders.length];
    if (job === undefined) throw new Error('no batch is open');
    job.endOne();
    declare(job);
  }
  return {
    ...readTimes(times),
    tenants,
    waiting: tenants * batchesEach,
    open,
    decisions,
    fairness: readFairness(jobs),
    longestGap,
    stateBytes: JSON.stringify(state).length,
  };
}

function readTimes(times: readonly number[]): Pick<DispatcherFigures, 'medianMs' | 'p99Ms' | 'maxMs'> {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { medianMs: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}

function readFairness(jobs: readonly Job[]): number {
  const indexes = ([1, 2, 3] as const).map((priority) => {
    const counts = jobs.filter((job) => job.priority === priority).map(({ granted }) => granted);
    const sum = counts.reduce((total, count) => total + count, 0);
    return sum ** 2 / (counts.length * counts.reduce((total, count) => total + count ** 2, 0));
  });
  return Math.min(...indexes);
}
