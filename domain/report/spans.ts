// When batches waited and ran: the longest one by one, and all of them as the number of open batches over time.

import type { Tally } from '../outcome/outcome.ts';
import { Largest } from './largest.ts';

export interface BatchSpan extends Pick<Tally, 'wave' | 'batch' | 'lane' | 'batchId' | 'items' | 'answered' | 'polls'> {
  readonly usd: number | null;
  /** When its wave could begin: at the job's start, or at the end of the earlier waves. Null if the clocks disagree. */
  readonly waitingSince: number | null;
  readonly createdAt: number;
  readonly endedAt: number;
}

/** How many batches were open from this time on. */
export interface OpenPoint {
  readonly at: number;
  readonly open: number;
}

/** More bars than this cannot be told apart on a page. */
const spansMax = 200;
const stretchesMax = 300;

export const measureSpan = ({ createdAt, endedAt }: Pick<BatchSpan, 'createdAt' | 'endedAt'>): number =>
  endedAt - createdAt;

/** Takes the tallies wave by wave. Memory holds two numbers for each batch, and `spansMax` whole spans. */
export class Spans {
  count = 0;
  /** Batches whose creation or end is unknown. */
  unknown = 0;
  readonly #longest = new Largest<BatchSpan>(spansMax, measureSpan);
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
    this.#longest.add({ wave, batch, lane, batchId, items, answered, polls, usd, waitingSince, createdAt, endedAt });
  }

  /** The longest first. */
  get longest(): readonly BatchSpan[] {
    return this.#longest.values;
  }

  /** In the order they were planned. */
  get inOrder(): readonly BatchSpan[] {
    return this.#longest.values.toSorted((a, b) => a.wave - b.wave || a.batch - b.batch);
  }

  get open(): readonly OpenPoint[] {
    return openOverTime(this.#starts, this.#ends);
  }
}

/** Time is cut into at most `stretchesMax` stretches. Each has the most batches open in it, and how many were left at its end. */
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
