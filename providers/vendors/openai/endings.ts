// The states of OpenAI's batches, and what each ending proves about their items.

import type { EndingRule, EndingRules } from '../../../domain/batch/evidence.ts';
import type { BatchStates } from '../../provider.ts';

export const openaiEndings: BatchStates = {
  validating: { phase: 'validating', ending: null },
  in_progress: { phase: 'running', ending: null },
  finalizing: { phase: 'finalizing', ending: null },
  cancelling: { phase: 'cancelling', ending: null },
  completed: { phase: 'ended', ending: 'completed' },
  failed: { phase: 'ended', ending: 'failed' },
  expired: { phase: 'ended', ending: 'expired' },
  cancelled: { phase: 'ended', ending: 'cancelled' },
};

/**
 * A batch may also end `failed` after a part of it ran: only the validator's own errors prove that nothing did. Requests beyond the counted
 * ones of an expired or cancelled batch did not run. A completed batch has a line for each counted request, in one of its two files.
 */
export const openaiProofs: EndingRules = {
  completed: { nothingRan: 'never', lines: 'counted', beyondCounted: 'unknown' },
  failed: { nothingRan: 'validator', lines: 'counted', beyondCounted: 'unknown' },
  expired: { nothingRan: 'never', lines: 'counted', beyondCounted: 'not_run' },
  cancelled: { nothingRan: 'never', lines: 'counted', beyondCounted: 'not_run' },
};

/** For providers whose docs do not say what became of requests that an ended batch does not count. */
export const onlyLines: EndingRule = { nothingRan: 'never', lines: 'counted', beyondCounted: 'unknown' };
