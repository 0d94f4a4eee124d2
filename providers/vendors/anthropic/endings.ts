// The states of Anthropic's batches. All of them end as `ended`: the counts of their requests tell how. No ending proves that nothing
// ran, so none becomes `failed`.

import type { BatchEnding } from '../../../domain/batch/state.ts';
import type { BatchStates } from '../../provider.ts';
import type { BatchWire } from './wire.ts';

export const anthropicStates: BatchStates = {
  in_progress: { phase: 'running', ending: null },
  canceling: { phase: 'cancelling', ending: null },
  ended: { phase: 'ended', ending: 'completed' },
};

type Count = keyof NonNullable<BatchWire['request_counts']>;

/** An ended batch with requests under such a count ended so; the first that applies. */
export const endingByCount: readonly (readonly [Count, BatchEnding])[] = [
  ['expired', 'expired'],
  ['canceled', 'cancelled'],
];
