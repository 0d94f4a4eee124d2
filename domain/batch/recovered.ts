// The facts of a planned batch that are on disk, as the batch machine takes them up.

import type { ProviderBatch } from './machine.ts';

/** What lies on disk of an earlier attempt, run or owner. */
export interface Recovered {
  readonly ordinal: number;
  /** `lastsMs`: an attempt that recorded it and still runs needs no longer than this. */
  readonly intent: { readonly overAt: number; readonly lastsMs: number } | null;
  readonly batches: readonly Pick<ProviderBatch, 'handle' | 'ordinal' | 'role' | 'ended' | 'endedSeenAt' | 'reading'>[];
  /** Its answers are final already. */
  readonly settled: boolean;
}
