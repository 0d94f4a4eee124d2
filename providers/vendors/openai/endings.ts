// The states of OpenAI's batches, and how the last of them ended. A `failed` batch did not pass validation: nothing ran, nothing is
// billed, there is no output. Every other ending leaves what was finished.

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
