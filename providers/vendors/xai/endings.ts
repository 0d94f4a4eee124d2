// What the endings of xAI's batches prove about their items. The states themselves are derived from counts, in OpenAI's words: see wire.ts.

import type { EndingRules } from '../../../domain/batch/evidence.ts';
import { onlyLines } from '../openai/endings.ts';

/** The docs do not say whether a request that was cancelled or left pending may have run: only its result proves something. */
export const xaiProofs: EndingRules = {
  completed: onlyLines,
  failed: { ...onlyLines, nothingRan: 'validator' },
  expired: onlyLines,
  cancelled: onlyLines,
};
