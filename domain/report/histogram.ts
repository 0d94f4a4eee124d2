// Durations in round steps: the bins of a histogram, and the marks of a time axis.

export interface Bin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

const [second, minute, hour] = [1000, 60_000, 3_600_000];
const stepsMs = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((count) => count * second),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * minute),
  ...[1, 2, 3, 6, 12, 24, 48, 120, 240].map((count) => count * hour),
];

/** The smallest round step that covers the length in at most `stepsMax` steps. */
export function stepMs(lengthMs: number, stepsMax: number): number {
  const fitting = stepsMs.find((step) => lengthMs / step <= stepsMax);
  return fitting ?? Math.ceil(lengthMs / stepsMax / (24 * hour)) * 24 * hour;
}

/** Bins from the first to the last that holds a value. A bin includes its `from` and excludes its `to`. */
export function histogram(valuesMs: readonly number[], binsMax: number): readonly Bin[] {
  if (valuesMs.length === 0) return [];
  const least = valuesMs.reduce((a, b) => Math.min(a, b));
  const most = valuesMs.reduce((a, b) => Math.max(a, b));
  // One bin is kept for the part before the first whole step. Providers' clocks have a resolution of a second.
  const step = Math.max(second, stepMs(most - least, binsMax - 1));
  const start = Math.floor(least / step);
  const counts = new Array<number>(Math.floor(most / step) - start + 1).fill(0);
  for (const value of valuesMs) {
    const index = Math.floor(value / step) - start;
    counts[index] = (counts[index] ?? 0) + 1;
  }
  return counts.map((count, index) => ({ from: (start + index) * step, to: (start + index + 1) * step, count }));
}
