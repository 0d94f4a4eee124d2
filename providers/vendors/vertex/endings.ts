// The states of Vertex AI's jobs, and what each ending proves about their items.

import type { EndingRules } from '../../../domain/batch/evidence.ts';
import type { BatchStates } from '../../provider.ts';

/** By name in lower case, without the prefix `JOB_STATE_`. */
export const vertexEndings: BatchStates = {
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
 * Only answered requests are billed (Vertex AI docs, batch inference). What a job leaves that did not complete is not documented: what it names
 * is read, and if it names nothing and answered nothing, nothing is billed.
 */
export const vertexProofs: EndingRules = {
  completed: { nothingRan: 'never', lines: 'counted', beyondCounted: 'unknown' },
  failed: { nothingRan: 'none_answered', lines: 'counted', beyondCounted: 'unknown' },
  expired: { nothingRan: 'none_answered', lines: 'counted', beyondCounted: 'unknown' },
  cancelled: { nothingRan: 'none_answered', lines: 'counted', beyondCounted: 'unknown' },
};
