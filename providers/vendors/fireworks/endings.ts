// The states of Fireworks' jobs, in lower case and without their prefix, and what each ending proves about their items.

import type { EndingRules } from '../../../domain/batch/evidence.ts';
import type { BatchStates } from '../../provider.ts';
import { onlyLines } from '../openai/endings.ts';

const running = { phase: 'running', ending: null } as const;
const expired = { phase: 'ended', ending: 'expired' } as const;
const gone = { phase: 'ended', ending: 'cancelled' } as const;

export const fireworksStates: BatchStates = {
  unspecified: { phase: 'validating', ending: null },
  creating_input_dataset: { phase: 'validating', ending: null },
  validating: { phase: 'validating', ending: null },
  pending: running,
  creating: running,
  running,
  re_queueing: running,
  idle: running,
  paused: running,
  writing_results: { phase: 'finalizing', ending: null },
  cancelling: { phase: 'cancelling', ending: null },
  completed: { phase: 'ended', ending: 'completed' },
  failed: { phase: 'ended', ending: 'failed' },
  expired,
  early_stopped: expired,
  cancelled: gone,
  // Somebody deletes the job.
  deleting: gone,
  deleting_cleaning_up: gone,
  deleted: gone,
  archived: gone,
};

/** The docs do not say what became of rows that an ended job does not count: only a job whose dataset was refused ran nothing. */
export const fireworksProofs: EndingRules = {
  completed: onlyLines,
  failed: { ...onlyLines, nothingRan: 'validator' },
  expired: onlyLines,
  cancelled: onlyLines,
};
