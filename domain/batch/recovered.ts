// The facts of a planned batch on disk, from which the batch machine starts.

import type { ProviderBatch } from './machine.ts';

/** What an earlier attempt, run or owner left on disk. */
export interface Recovered {
  readonly ordinal: number;
  /** `lastsMs`: the longest time that an attempt that recorded it may still run. */
  readonly intent: { readonly overAt: number; readonly lastsMs: number } | null;
  readonly batches: readonly Pick<ProviderBatch, 'handle' | 'ordinal' | 'role' | 'ended' | 'endedSeenAt' | 'reading'>[];
  /** Its answers are final already. */
  readonly settled: boolean;
}
