// OpenAI's error codes, and what each means here. The second part of a table holds codes of other vendors: a base URL may lead to a
// gateway, which speaks this dialect and passes on the codes of the vendor behind it.

import type { VendorFaults } from '../../faults.ts';

export const openaiFaults: VendorFaults = {
  calls: {
    codes: {
      insufficient_quota: 'no_money',
      billing_hard_limit_reached: 'no_money',
      billing_not_active: 'no_money',
      token_limit_exceeded: 'capacity',
      too_many_tasks: 'capacity',

      billing_error: 'no_money',
      enforced_spend_limit_reached: 'no_money',
      contract_spend_limit_reached: 'no_money',
      organization_on_hold: 'forbidden',
    },
    codePrefixes: { cmek_: 'forbidden' },
    statuses: { 529: 'overloaded' },
    createWords: [
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
      insufficient_quota: 'no_money',
      billing_hard_limit_reached: 'no_money',
      invalid_request_error: 'bad_request',
      batch_expired: 'expired',
      request_timeout: 'timeout',

      billing_error: 'no_money',
      enforced_spend_limit_reached: 'no_money',
      contract_spend_limit_reached: 'no_money',
      request_too_large: 'too_large',
      authentication_error: 'unauthorized',
      permission_error: 'unauthorized',
      not_found_error: 'not_found',
      rate_limit_error: 'rate_limited',
      timeout_error: 'timeout',
      overloaded_error: 'overloaded',
      api_error: 'provider_error',
    },
    statuses: {},
    unrun: {
      batch_expired: 'expired',
      batch_cancelled: 'cancelled',
      request_timeout: 'timeout',
    },
  },
  batches: {
    token_limit_exceeded: 'capacity',
    too_many_tasks: 'capacity',
    rate_limit_exceeded: 'capacity',
    billing_hard_limit_reached: 'no_money',
    insufficient_quota: 'no_money',
    file_not_found: 'file_missing',
    model_not_found: 'whole_batch',
    url_mismatch: 'whole_batch',
    model_mismatch: 'whole_batch',
    invalid_url: 'whole_batch',
    invalid_model: 'whole_batch',
    invalid_endpoint: 'whole_batch',
    invalid_json_line: 'invalid',
    duplicate_custom_id: 'invalid',
    missing_required_parameter: 'invalid',
    invalid_request: 'invalid',
    invalid_method: 'invalid',
    empty_file: 'invalid',
    empty_batch: 'invalid',
    file_too_large: 'invalid',
  },
  missingModel: ['model_not_found'],
};
