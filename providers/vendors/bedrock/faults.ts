// Bedrock's errors, and what each means here: the names of AWS's exceptions, in snake case.

import type { VendorFaults } from '../../faults.ts';

export const bedrockFaults: VendorFaults = {
  calls: {
    codes: {
      service_quota_exceeded_exception: 'capacity',
      // Credentials that are unknown, wrong or expired have the status of a missing permission.
      expired_token_exception: 'unauthorized',
      incomplete_signature_exception: 'unauthorized',
      invalid_signature_exception: 'unauthorized',
      missing_authentication_token_exception: 'unauthorized',
      unrecognized_client_exception: 'unauthorized',
      invalid_payment_instrument: 'no_money',
    },
    codePrefixes: {},
    // A model that failed by itself.
    statuses: { 424: 'server_error', 529: 'overloaded' },
    createWords: [{ statuses: [400], words: /\brole\b|\bS3\b.{0,80}(access|permission)/i, fault: 'forbidden' }],
    limitWords: [{ words: /\blimit of (\d[\d,]*\d|\d) [\w -]{0,80}jobs\b/i, unit: 'batches' }],
  },
  items: {
    // An error in a line has an HTTP status.
    reasons: {},
    statuses: {},
    unrun: {},
  },
  // A failed job has words, and no code: see `poll.ts`.
  batches: {},
  missingModel: ['resource_not_found_exception'],
};

/** A job that failed because it has too few or too many records was not run: AWS's check before the run counts them. */
export const refusedCountWords = /\b(less|fewer|more) records\b/i;
