// Gemini's error codes, and what each means here. They are Google's statuses and reasons, in lower case.

import type { VendorFaults } from '../../faults.ts';

export const geminiFaults: VendorFaults = {
  calls: {
    codes: {
      // A bad key has status 400.
      api_key_invalid: 'unauthorized',
      api_key_expired: 'unauthorized',
      billing_disabled: 'no_money',
    },
    codePrefixes: {},
    statuses: { 529: 'overloaded' },
    createWords: [
      {
        statuses: [400, 402, 403, 429],
        words: /\bbilling\b|prepay|credits|spend(ing)? (cap|limit)/i,
        fault: 'no_money',
      },
      // A full queue has no code of its own, and often no more words than `Resource has been exhausted (e.g. check quota).`
      { statuses: [429], words: /quota|enqueued|concurrent|exhausted/i, fault: 'capacity' },
      {
        statuses: [400, 403, 404],
        words: /file .{0,80}(not found|not exist)|not in an? active state/i,
        fault: 'not_ready',
      },
    ],
    limitWords: [
      { words: /enqueued[ _]tokens\b[^,]{0,80}, limit: (\d[\d,]*\d|\d)/i, unit: 'tokens' },
      { words: /concurrent[ _]batch\w*[^,]{0,80}, limit: (\d[\d,]*\d|\d)/i, unit: 'batches' },
    ],
  },
  items: {
    reasons: { billing_disabled: 'no_money', cancelled: 'cancelled' },
    // The dialect knows Google's.
    statuses: {},
    unrun: { cancelled: 'cancelled' },
  },
  // No status says that it comes from a check before the run: `endings.ts` decides by the counts.
  batches: {
    resource_exhausted: 'capacity',
    invalid_argument: 'invalid',
  },
  missingModel: ['not_found'],
};
