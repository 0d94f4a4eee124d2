// From a provider's answer or error for an item to its meaning: a reason, and whether the item may be sent again.

import type { Fault } from '../batch/backoff.ts';
import type { ItemReason, Json, RawOutcome } from './outcome.ts';
import { isRetryable, type VerdictPolicy } from './verdict.ts';

export interface Judged {
  readonly kind: 'answered' | 'retryable' | 'rejected';
  readonly reason?: ItemReason;
  readonly output?: Json;
}

export interface Judging {
  readonly policy: VerdictPolicy;
  /** Earlier attempts whose answer was cut, refused or invalid. */
  readonly flawedAttempts: number;
  readonly cancelReason: 'cancelled' | 'deadline';
  /** Null if no schema was given. */
  readonly accepts: ((answer: Json) => boolean) | null;
}

export function classify(raw: Exclude<RawOutcome, { kind: 'unreadable' }>, judging: Judging): Judged {
  switch (raw.kind) {
    case 'error':
      return failed(raw.reason, judging);
    case 'unrun':
      return failed(raw.why === 'cancelled' ? judging.cancelReason : raw.why, judging);
    case 'answer':
      return judgeAnswer(raw, judging);
  }
}

export function failed(reason: ItemReason, judging: Pick<Judging, 'policy' | 'flawedAttempts'>, output?: Json): Judged {
  const kind = isRetryable(reason, judging.flawedAttempts, judging.policy) ? 'retryable' : 'rejected';
  return output === undefined ? { kind, reason } : { kind, reason, output };
}

function judgeAnswer(raw: Extract<RawOutcome, { kind: 'answer' }>, judging: Judging): Judged {
  const output = raw.value ?? raw.text;
  if (raw.finish === 'length') return failed('truncated', judging, output);
  if (raw.finish === 'refused') return failed('refused', judging, output);
  if (raw.finish === 'filtered') return failed('filtered', judging, output);
  if (raw.finish === 'paused') return failed('paused_turn', judging, output);
  if (raw.value === undefined && (raw.text === null || raw.text.trim() === '')) return failed('empty_output', judging);
  if (judging.accepts === null) return { kind: 'answered', output };
  const parsed = raw.text === null ? undefined : parsedOrUndefined(raw.text);
  if (parsed === undefined || !judging.accepts(parsed)) return failed('invalid_output', judging, output);
  return { kind: 'answered', output: parsed };
}

function parsedOrUndefined(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The reason of an item whose realtime call was given up. */
export const reasonOfFault: Readonly<Record<Fault, ItemReason>> = {
  rate_limited: 'rate_limited',
  overloaded: 'overloaded',
  server_error: 'provider_error',
  gateway_timeout: 'timeout',
  timeout: 'timeout',
  connection: 'provider_error',
  broken_stream: 'provider_error',
  not_ready: 'provider_error',
  capacity: 'rate_limited',
  refused: 'bad_request',
  too_large: 'too_large',
  not_found: 'not_found',
  unauthorized: 'unauthorized',
  forbidden: 'unauthorized',
  no_money: 'no_money',
  wrong_account: 'unauthorized',
  wrong_region: 'unauthorized',
};

/** The text next to the reason. */
export const messageByReason: Readonly<Record<ItemReason, string>> = {
  rate_limited: 'the provider limited the rate; asked again while rounds were left',
  overloaded: 'the provider was overloaded; asked again while rounds were left',
  provider_error: 'the provider failed; asked again while rounds were left',
  timeout: 'the provider ran out of time on this item',
  expired: "the provider's window closed before this item ran",
  cancelled: 'the job was cancelled before this item ran',
  deadline: 'the deadline passed before this item ran',
  missing: 'the provider sent no line for this item',
  unreadable: 'what the provider sent for this item could not be read',
  batch_failed: 'the provider refused the whole batch before running anything',
  oversized: 'the batch was too large for the provider; sent again in smaller ones',
  capacity: 'the provider had no room for the batch until the deadline',
  truncated: 'the answer was cut at the token limit: raise it, or ask for less',
  refused: 'the model refused to answer',
  filtered: "the provider's content filter withheld the answer",
  paused_turn: 'the model paused its turn, which a batch cannot continue',
  empty_output: 'the answer was empty',
  invalid_output: 'the answer does not satisfy the schema',
  bad_request: 'the provider refused this request: fix the row or the template',
  not_found: 'the provider does not know what the request names, e.g. the model',
  too_large: 'the provider found the request too large',
  unauthorized: 'the key was refused while this item ran',
  no_money: 'the account had no credit while this item ran',
  budget: 'the budget did not allow this item',
  not_approved: 'nobody let the rollout continue to this item before the deadline of the job',
  in_doubt:
    'it is not known whether the provider ran this item, so it is sent again only if a person asks for it: look at its batch there first',
};
