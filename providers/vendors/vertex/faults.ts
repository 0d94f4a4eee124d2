// Vertex AI's error codes, and what each means here. They are Google's statuses and reasons, in lower case, and the types of Claude's errors.

import type { VendorFaults } from '../../faults.ts';

export const vertexFaults: VendorFaults = {
  calls: {
    codes: {
      billing_disabled: 'no_money',
      access_token_expired: 'unauthorized',
    },
    codePrefixes: {},
    statuses: { 529: 'overloaded' },
    createWords: [
      { statuses: [400, 402, 403, 429], words: /\bbilling\b|spend(ing)? (cap|limit)/i, fault: 'no_money' },
      // A full queue has no code of its own.
      { statuses: [429], words: /quota|concurrent|exhausted/i, fault: 'capacity' },
      {
        statuses: [400],
        words: /storage\.\w+\.\w+ (access|permission)|does not have .{0,40}access/i,
        fault: 'forbidden',
      },
    ],
    limitWords: [
      { words: /enqueued[ _]tokens\b[^,]{0,80}, limit: (\d[\d,]*\d|\d)/i, unit: 'tokens' },
      { words: /concurrent[ _]batch\w*[^,]{0,80}, limit: (\d[\d,]*\d|\d)/i, unit: 'batches' },
    ],
  },
  items: {
    reasons: {
      billing_disabled: 'no_money',
      cancelled: 'cancelled',
      invalid_request_error: 'bad_request',
      rate_limit_error: 'rate_limited',
      overloaded_error: 'overloaded',
      timeout_error: 'timeout',
    },
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
