// The states of Bedrock's jobs, and what each ending proves about their items.

import type { EndingRules } from '../../../domain/batch/evidence.ts';
import type { BatchStates } from '../../provider.ts';

export const bedrockEndings: BatchStates = {
  submitted: { phase: 'validating', ending: null },
  validating: { phase: 'validating', ending: null },
  // It was checked, and waits for its turn.
  scheduled: { phase: 'running', ending: null },
  in_progress: { phase: 'running', ending: null },
  stopping: { phase: 'cancelling', ending: null },
  completed: { phase: 'ended', ending: 'completed' },
  // Its time was over before all records were processed.
  partially_completed: { phase: 'ended', ending: 'expired' },
  // Its time was over before it began.
  expired: { phase: 'ended', ending: 'expired' },
  failed: { phase: 'ended', ending: 'failed' },
  stopped: { phase: 'ended', ending: 'cancelled' },
};

/**
 * Only processed tokens are billed (AWS docs, stopping a job). `poll.ts` counts nothing for a job that certainly never began. Whether a record
 * that was being processed at the end is counted is not documented.
 */
export const bedrockProofs: EndingRules = {
  completed: { nothingRan: 'never', lines: 'counted', beyondCounted: 'unknown' },
  failed: { nothingRan: 'none_answered', lines: 'counted', beyondCounted: 'unknown' },
  expired: { nothingRan: 'none_answered', lines: 'counted', beyondCounted: 'unknown' },
  cancelled: { nothingRan: 'none_answered', lines: 'counted', beyondCounted: 'unknown' },
};
