// The states of Anthropic's batches, and what their end proves of its items. All of them end as `ended`: the counts of their requests tell
// how.

import type { EndingRule, EndingRules } from '../../../domain/batch/evidence.ts';
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

/** If no request succeeded or failed, none ran. Otherwise the results have a line for each request, whatever became of it. */
const ended: EndingRule = { nothingRan: 'none_counted', lines: 'all', beyondCounted: 'unknown' };
export const anthropicProofs: EndingRules = { completed: ended, failed: ended, expired: ended, cancelled: ended };
