// Anthropic's error codes, and what each means here. The second part of a table holds codes of other vendors: a base URL may lead to a
// gateway, which speaks this dialect and passes on the codes of the vendor behind it.

import type { VendorFaults } from '../../faults.ts';

export const anthropicFaults: VendorFaults = {
  calls: {
    codes: {
      billing_error: 'no_money',
      enforced_spend_limit_reached: 'no_money',
      contract_spend_limit_reached: 'no_money',
      organization_on_hold: 'forbidden',

      insufficient_quota: 'no_money',
      billing_hard_limit_reached: 'no_money',
      billing_not_active: 'no_money',
      token_limit_exceeded: 'capacity',
      too_many_tasks: 'capacity',
    },
    codePrefixes: { cmek_: 'forbidden' },
    statuses: { 529: 'overloaded' },
    createWords: [
      // The message for a full queue is not published. Where these words miss it, it is a rate limit, which waits too.
      {
        statuses: [429],
        words: /enqueued|queue|waiting to be processed|concurrent (message )?batches/i,
        fault: 'capacity',
      },
      // A refused request may name a queue of the caller's own.
      { statuses: [400], words: /enqueued tokens?\b|\bconcurrent (message )?batches/i, fault: 'capacity' },
      { statuses: [400, 404], words: /cannot find file|no such file|file .{0,80}not found/i, fault: 'not_ready' },
    ],
    limitWords: [
      { words: /limit:? (?:of )?([\d.,]+ ?[KMB]?) enqueued tokens/i, unit: 'tokens' },
      // Nothing may stand between the figure and these words: a unit that is not known would change what it means.
      {
        words: /enqueued tokens has surpassed the configured limit of ([\d.,]+ ?[KMB]?)(?: tokens)?(?= for |\.?$)/i,
        unit: 'tokens',
      },
      { words: /limit:? (?:of )?([\d,]+) (?:concurrent )?(?:message )?batches/i, unit: 'batches' },
    ],
  },
  items: {
    reasons: {
      billing_error: 'no_money',
      enforced_spend_limit_reached: 'no_money',
      contract_spend_limit_reached: 'no_money',

      insufficient_quota: 'no_money',
      billing_hard_limit_reached: 'no_money',
      batch_expired: 'expired',
      request_timeout: 'timeout',
    },
    // A line names the kind of error only. These are the statuses of the same errors as replies.
    statuses: {
      invalid_request_error: 400,
      authentication_error: 401,
      billing_error: 402,
      permission_error: 403,
      not_found_error: 404,
      request_too_large: 413,
      rate_limit_error: 429,
      api_error: 500,
      timeout_error: 504,
      overloaded_error: 529,
    },
    unrun: { canceled: 'cancelled', expired: 'expired' },
  },
  // A batch that was created always ends with a result for each item: there is nothing that fails it as a whole.
  batches: {},
  missingModel: ['not_found_error'],
};
