// The states of Anthropic's batches, and what their end proves about their items. Every batch ends as `ended`; the counts of its requests show
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

/** The ending of a batch with requests under such a count; the first that applies. */
export const endingByCount: readonly (readonly [Count, BatchEnding])[] = [
  ['expired', 'expired'],
  ['canceled', 'cancelled'],
];

/** If no request succeeded or failed, none ran. Otherwise the results have a line for each request, whatever became of it. */
const ended: EndingRule = { nothingRan: 'none_counted', lines: 'all', beyondCounted: 'unknown' };
export const anthropicProofs: EndingRules = { completed: ended, failed: ended, expired: ended, cancelled: ended };
