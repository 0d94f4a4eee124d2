// What the endings of xAI's batches prove about their items. The states themselves are derived from counts, in OpenAI's words: see wire.ts.

import type { EndingRule, EndingRules } from '../../../domain/batch/evidence.ts';

/** The docs do not say whether a request that was cancelled or left pending may have run: only its result proves something. */
const onlyLines: EndingRule = { nothingRan: 'never', lines: 'counted', beyondCounted: 'unknown' };

export const xaiProofs: EndingRules = {
  completed: onlyLines,
  failed: { ...onlyLines, nothingRan: 'validator' },
  expired: onlyLines,
  cancelled: onlyLines,
};
