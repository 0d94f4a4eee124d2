// What each ending of a job of Vertex AI proves about its items. Its states are those of Gemini's batches.

import type { EndingRules } from '../../../domain/batch/evidence.ts';

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
