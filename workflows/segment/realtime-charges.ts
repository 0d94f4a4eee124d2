// The costs of the realtime batches of a part of a wave, for the caps of a segment.

import type { SettledBatch } from '../../activities/waves/read-part.ts';
import type { PlannedBatch } from '../../domain/job.ts';
import { chargedUsd } from '../../domain/money/budget.ts';
import type { Tally } from '../../domain/outcome/outcome.ts';

export interface RealtimeCharges {
  readonly realtimeUsd: number;
  /** The part of the cost for items that fell back to the realtime lane. */
  readonly fallbackUsd: number;
}

export const noCharges: RealtimeCharges = { realtimeUsd: 0, fallbackUsd: 0 };

export const sumCharges = (settled: readonly SettledBatch[]): RealtimeCharges =>
  settled.reduce((sum, batch) => charge(sum, batch, batch.chargedUsd), noCharges);

/** A batch without a tally counts by its estimate. */
export function addCharge(sum: RealtimeCharges, planned: PlannedBatch, tally: Tally | null): RealtimeCharges {
  const estimateUsd = planned.estimate.usd;
  return charge(sum, planned, tally === null ? estimateUsd : chargedUsd(tally, estimateUsd));
}

function charge(
  { realtimeUsd, fallbackUsd }: RealtimeCharges,
  { lane, fallback }: Pick<PlannedBatch, 'lane' | 'fallback'>,
  usd: number | null,
): RealtimeCharges {
  const more = lane === 'realtime' ? (usd ?? 0) : 0;
  return { realtimeUsd: realtimeUsd + more, fallbackUsd: fallbackUsd + (fallback === true ? more : 0) };
}

export const lowerBy = (capUsd: number | null, usd: number): number | null =>
  capUsd === null ? null : Math.max(0, capUsd - usd);
