// The states of Gemini's batches, and what each ending proves about their items.

import type { EndingRules } from '../../../domain/batch/evidence.ts';
import type { BatchStates } from '../../provider.ts';

/** Of Gemini's batches and of Vertex AI's jobs: by name in lower case, without the prefix `BATCH_STATE_` or `JOB_STATE_`. */
export const googleEndings: BatchStates = {
  pending: { phase: 'validating', ending: null },
  queued: { phase: 'validating', ending: null },
  running: { phase: 'running', ending: null },
  paused: { phase: 'running', ending: null },
  updating: { phase: 'running', ending: null },
  cancelling: { phase: 'cancelling', ending: null },
  succeeded: { phase: 'ended', ending: 'completed' },
  partially_succeeded: { phase: 'ended', ending: 'completed' },
  failed: { phase: 'ended', ending: 'failed' },
  cancelled: { phase: 'ended', ending: 'cancelled' },
  expired: { phase: 'ended', ending: 'expired' },
};

/**
 * An expired batch has no results, whatever it counted (Gemini API docs, batch). What a failed or cancelled one leaves is not documented:
 * what it names is read, and if it names nothing and answered nothing, nothing is billed.
 */
export const geminiProofs: EndingRules = {
  completed: { nothingRan: 'never', lines: 'counted', beyondCounted: 'unknown' },
  failed: { nothingRan: 'none_answered', lines: 'counted', beyondCounted: 'unknown' },
  expired: { nothingRan: 'always', lines: 'counted', beyondCounted: 'unknown' },
  cancelled: { nothingRan: 'none_answered', lines: 'counted', beyondCounted: 'unknown' },
};
