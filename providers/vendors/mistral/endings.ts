// The states of Mistral's batch jobs, in lower case, and what each ending proves about their items.

import type { EndingRules } from '../../../domain/batch/evidence.ts';
import type { BatchStates } from '../../provider.ts';
import { onlyLines } from '../openai/endings.ts';

export const mistralStates: BatchStates = {
  queued: { phase: 'validating', ending: null },
  running: { phase: 'running', ending: null },
  cancellation_requested: { phase: 'cancelling', ending: null },
  success: { phase: 'ended', ending: 'completed' },
  failed: { phase: 'ended', ending: 'failed' },
  timeout_exceeded: { phase: 'ended', ending: 'expired' },
  cancelled: { phase: 'ended', ending: 'cancelled' },
};

/** The docs do not say what became of requests that an ended job does not count. */
export const mistralProofs: EndingRules = {
  completed: onlyLines,
  failed: onlyLines,
  expired: onlyLines,
  cancelled: onlyLines,
};
