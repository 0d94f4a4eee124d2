// When each batch was waiting and running: the longest ones kept by name, all of them as a line of how many were open at once.

import type { Lane, Tally } from '../outcome/outcome.ts';

export interface BatchSpan {
  readonly wave: number;
  readonly batch: number;
  readonly lane: Lane;
  readonly batchId: string | null;
  readonly items: number;
  readonly answered: number;
  readonly polls: number;
  readonly usd: number | null;
  /** When its wave could begin: the job's start, or the end of the waves before. Null where the clocks disagree. */
  readonly waitingSince: number | null;
  readonly createdAt: number;
  readonly endedAt: number;
}

/** At an instant, how many batches were open from then on. */
export interface OpenPoint {
  readonly at: number;
  readonly open: number;
}

/** A page with more bars is no plot any more. */
const spansMax = 200;
const stretchesMax = 300;

export const measureSpan = ({ createdAt, endedAt }: Pick<BatchSpan, 'createdAt' | 'endedAt'>): number =>
  endedAt - createdAt;

/** Fed wave by wave. Memory holds two numbers a batch, and `spansMax` batches whole. */
export class Spans {
  count = 0;
  /** Batches of which it is not known when they were created or when they ended. */
  unknown = 0;
  readonly #longest: BatchSpan[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  #wave = 0;
  #waveBeganAt: number;
  #latestEnd: number;

  constructor(startedAt: number) {
    this.#waveBeganAt = startedAt;
    this.#latestEnd = startedAt;
  }

  add(tally: Tally): void {
    const { wave, batch, lane, batchId, items, answered, polls, costUsd: usd, createdAt, endedAt } = tally;
    if (createdAt === null || endedAt === null || endedAt < createdAt) {
      this.unknown += 1;
      return;
    }
    if (wave !== this.#wave) {
      this.#wave = wave;
      this.#waveBeganAt = this.#latestEnd;
    }
    this.#latestEnd = Math.max(this.#latestEnd, endedAt);
    this.count += 1;
    this.#starts.push(createdAt);
    this.#ends.push(endedAt);
    const waitingSince = this.#waveBeganAt <= createdAt ? this.#waveBeganAt : null;
    this.#keep({ wave, batch, lane, batchId, items, answered, polls, usd, waitingSince, createdAt, endedAt });
  }

  /** The longest first. */
  get longest(): readonly BatchSpan[] {
    return this.#longest;
  }

  /** In the order they were planned. */
  get inOrder(): readonly BatchSpan[] {
    return this.#longest.toSorted((a, b) => a.wave - b.wave || a.batch - b.batch);
  }

  get open(): readonly OpenPoint[] {
    return openOverTime(this.#starts, this.#ends);
  }

  #keep(span: BatchSpan): void {
    const length = measureSpan(span);
    const full = this.#longest.length === spansMax;
    if (full && length <= measureSpan(this.#longest.at(-1) ?? span)) return;
    const place = this.#longest.findIndex((other) => measureSpan(other) < length);
    this.#longest.splice(place === -1 ? this.#longest.length : place, 0, span);
    if (full) this.#longest.pop();
  }
}

/** In each of some hundred stretches of time the most that were open, and how many were left at its end. */
export function openOverTime(starts: readonly number[], ends: readonly number[]): readonly OpenPoint[] {
  const [up, down] = [Float64Array.from(starts).sort(), Float64Array.from(ends).sort()];
  const first = up[0];
  const last = down.at(-1);
  if (first === undefined || last === undefined) return [];
  const step = Math.max(1, Math.ceil((last - first) / stretchesMax));
  const stretches: { from: number; most: number; left: number }[] = [];
  let [started, ended] = [0, 0];
  while (ended < down.length) {
    const [start = Number.POSITIVE_INFINITY, end = last] = [up[started], down[ended]];
    if (start <= end) {
      started += 1;
    } else {
      ended += 1;
    }
    const open = started - ended;
    const from = first + Math.floor((Math.min(start, end) - first) / step) * step;
    const stretch = stretches.at(-1);
    if (stretch?.from !== from) {
      stretches.push({ from, most: start <= end ? open : open + 1, left: open });
    } else {
      stretch.most = Math.max(stretch.most, open);
      stretch.left = open;
    }
  }
  return stretches.flatMap(({ from, most, left }) => [
    { at: from, open: most },
    ...(left === most ? [] : [{ at: Math.min(from + step, last), open: left }]),
  ]);
}
