// Chooses the next wave: a retry round, the fallback, a round that a person asked for, or none. Pure; `wavesMax` bounds it.

import { roundDelayMs } from '../batch/backoff.ts';
import type { JobSettings, WaveKind } from '../job.ts';
import { wavesMax } from '../limits.ts';
import { type Counts, type ItemReason, itemReasons } from '../outcome/outcome.ts';

export interface Wave {
  readonly number: number;
  readonly kind: WaveKind;
  readonly delayMs: number;
  /** The wave takes its items from the answers of these waves. */
  readonly sources: readonly number[];
  readonly batchReasons: readonly ItemReason[];
  readonly realtimeReasons: readonly ItemReason[];
  /** For a wave that a person asked for: failed items with these reasons are sent again too. */
  readonly rejectedReasons: readonly ItemReason[];
  /** The most bytes of requests in a batch of this wave, if less than usual. */
  readonly cutBytes: number | null;
}

export interface WaveState {
  readonly number: number;
  /** The last wave, and earlier ones with items that are not all taken up. */
  readonly sources: readonly number[];
  /** Retry rounds that have ended. */
  readonly rounds: number;
  readonly fallbackDone: boolean;
  /** Retryable items of these, by reason. */
  readonly retryable: Counts;
  /** For items of batches that were too large. */
  readonly cutBytes: number | null;
  readonly pastDeadline: boolean;
  readonly cancelled: boolean;
  /** The reasons that `retryFailed` named; null if nobody called it. */
  readonly again: readonly ItemReason[] | null;
}

export type WavePolicy = Pick<JobSettings, 'mode' | 'retry' | 'deadline' | 'fallback' | 'policy'>;

export const firstWave: Wave = {
  number: 1,
  kind: 'first',
  delayMs: 0,
  sources: [],
  batchReasons: [],
  realtimeReasons: [],
  rejectedReasons: [],
  cutBytes: null,
};

export function nextWave(state: WaveState, policy: WavePolicy): Wave | null {
  if (state.cancelled || state.number >= wavesMax) return null;
  return chooseOrdinaryWave(state, policy) ?? chooseAgainWave(state, policy);
}

/** A wave that an earlier workflow of this job planned. Its plan already names its items. */
export const takeOverWave = (number: number, kind: WaveKind): Wave => ({ ...firstWave, number, kind });

function chooseOrdinaryWave(state: WaveState, policy: WavePolicy): Wave | null {
  const present = itemReasons.filter((reason) => (state.retryable[reason] ?? 0) > 0);
  if (present.length === 0 || state.fallbackDone) return null;
  const late = present.filter((reason) => policy.policy[reason] === 'deadline');
  const others = present.filter((reason) => policy.policy[reason] !== 'deadline');
  const wave = { ...firstWave, number: state.number + 1, sources: state.sources };
  const mayFallBack = policy.fallback.lane === 'realtime' && policy.mode !== 'realtime';
  if (state.pastDeadline) {
    if (policy.deadline.then !== 'fallback' || !mayFallBack) return null;
    return { ...wave, kind: 'fallback', realtimeReasons: present };
  }
  const lateToRealtime = policy.deadline.then === 'fallback' && mayFallBack ? late : [];
  // These items were never tried, so they use up no round. The other items wait for the wave after it.
  if (state.cutBytes !== null && (state.retryable.oversized ?? 0) > 0) {
    return { ...wave, kind: 'split', batchReasons: ['oversized'], cutBytes: state.cutBytes };
  }
  if (state.rounds < policy.retry.rounds) {
    const again = policy.deadline.then === 'retry' || policy.mode === 'realtime' ? present : others;
    if (again.length + lateToRealtime.length === 0) return null;
    const delayMs = again.length === 0 ? 0 : roundDelayMs(state.rounds + 1, policy.retry.backoffMs);
    const lanes =
      policy.mode === 'realtime'
        ? { batchReasons: [], realtimeReasons: again }
        : { batchReasons: again, realtimeReasons: lateToRealtime };
    return { ...wave, kind: 'retry', delayMs, ...lanes };
  }
  const left = policy.deadline.then === 'fallback' ? present : others;
  if (!mayFallBack || left.length === 0) return null;
  return { ...wave, kind: 'fallback', realtimeReasons: left };
}

function chooseAgainWave(state: WaveState, policy: WavePolicy): Wave | null {
  if (state.again === null) return null;
  const sources = Array.from({ length: state.number }, (_, index) => index + 1);
  const lanes = policy.mode === 'realtime' ? { realtimeReasons: state.again } : { batchReasons: state.again };
  return { ...firstWave, number: state.number + 1, kind: 'again', sources, ...lanes, rejectedReasons: state.again };
}
