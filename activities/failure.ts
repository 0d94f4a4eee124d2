// The only way out for an activity's failure. It passes on a code, numbers and a message that our code wrote. It drops the cause chain and all
// words of a provider or parser, because these may quote a row, an answer or a key.

import { activityInfo, CancelledFailure, cancellationSignal } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker';
import { type Fault, faultDelayMs, reactionTo } from '../domain/batch/backoff.ts';
import { InvariantBroken, JobRefused } from '../domain/refusal.ts';
import { ProviderError, type ProviderErrorFacts } from '../providers/error.ts';
import { StoreError, type StoreProblem, storeAdvice } from '../storage/store.ts';
import { countFault } from './metrics.ts';

/** Thrown if Temporal should try the activity again after exactly this delay. Temporal does not log or count it as an error. */
export class TryAgain extends Error {
  override readonly name = 'TryAgain';
  readonly delayMs: number;
  constructor(why: string, delayMs: number) {
    super(why);
    this.delayMs = delayMs;
  }
}

const faultAdvice: Readonly<Record<Fault, string>> = {
  rate_limited: 'the provider limits the rate; will be retried later',
  overloaded: 'the provider is overloaded; will be retried later',
  server_error: 'the provider failed; will be retried later',
  gateway_timeout: 'the provider did not answer in time; will be retried',
  timeout: 'the call took too long; will be retried',
  connection: 'the connection broke; will be retried',
  broken_stream: 'the download ended early; will be retried',
  not_ready: "the provider's file is not ready yet; will be retried",
  capacity: 'the provider has no room for another batch; the batch waits',
  unauthorized: 'the provider refused the key: give the worker a working key, then resume the job',
  forbidden: 'the key lacks a permission: grant it, then resume the job',
  no_money: 'the account has no credit or has reached its spend limit: raise it, then resume the job',
  wrong_account:
    "the provider finds none of this job's batches, or the account has another bucket: give the worker the key and bucket that made them, then resume the job",
  wrong_region:
    "the worker's account is bound to another region than when the job began: give it back its region, then resume the job",
  refused: 'the provider refused the request',
  too_large: 'the request is too large for the provider: lower batch.maxBytes',
  not_found: 'the provider does not have it any more',
};

const continues = 'the job then continues by itself';

/** What follows for the job, if anything does. */
const storeConsequence: Partial<Readonly<Record<StoreProblem, string>>> = {
  full: continues,
  unreadable: continues,
  unwritable: continues,
  no_bucket: continues,
  no_credentials: continues,
  unavailable: 'will be retried',
  changed: 'will be retried',
};

function describeStoreError({ uri, problem }: StoreError): string {
  const consequence = storeConsequence[problem];
  return `${uri}: ${storeAdvice[problem]}${consequence === undefined ? '' : `; ${consequence}`}`;
}

function toFailure(error: unknown, attempt: number): Error {
  if (error instanceof CancelledFailure) return error;
  if (error instanceof ApplicationFailure) return error;
  if (error instanceof JobRefused) return ApplicationFailure.nonRetryable(error.message, error.kind);
  if (error instanceof ProviderError) return providerFailure(error.message, error.facts, attempt);
  if (error instanceof TryAgain) {
    return ApplicationFailure.create({
      message: error.message,
      type: 'try_again',
      nextRetryDelay: error.delayMs,
      category: ApplicationFailureCategory.BENIGN,
    });
  }
  if (error instanceof StoreError) {
    return ApplicationFailure.retryable(describeStoreError(error), `store_${error.problem}`);
  }
  if (error instanceof InvariantBroken) return ApplicationFailure.retryable(error.message, 'invariant_broken');
  return ApplicationFailure.retryable(`unexpected ${describeClass(error)} in ${locateInCode(error)}`, 'unexpected');
}

function providerFailure(message: string, facts: ProviderErrorFacts, attempt: number): ApplicationFailure {
  const { fault, status, code, requestId } = facts;
  const reaction = reactionTo[fault];
  const details = [{ fault, status, code, requestId }];
  const advised = `${message}: ${faultAdvice[fault]}`;
  if (reaction.kind === 'trouble') {
    return ApplicationFailure.create({ message: advised, type: 'trouble', nonRetryable: true, details });
  }
  if (reaction.kind !== 'again') {
    return ApplicationFailure.create({ message: advised, type: fault, nonRetryable: true, details });
  }
  const exhausted = reaction.attemptsMax !== null && attempt >= reaction.attemptsMax;
  const nextRetryDelay = faultDelayMs(fault, attempt, facts.retryAfterMs);
  return ApplicationFailure.create({ message: advised, type: fault, nonRetryable: exhausted, details, nextRetryDelay });
}

/** Class names come from our code or the platform, never from a row. */
function describeClass(error: unknown): string {
  return error instanceof Error ? error.constructor.name : typeof error;
}

/** The first frame of the stack, which names a place in the code. Leaves out the message, because it may quote anything. */
function locateInCode(error: unknown): string {
  const frames = error instanceof Error ? (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)) : [];
  return (frames[0] ?? 'an unknown place')
    .trim()
    .replace(/^at /, '')
    .replace(/\(?(file:\/\/)?\/.*\//, '(');
}

/** Wraps every activity. If the activity was cancelled, any error that the abort caused is reported as the cancellation. */
export const failureInterceptor = (): ActivityInboundCallsInterceptor => ({
  async execute(input, next) {
    try {
      return await next(input);
    } catch (error) {
      if (!(error instanceof CancelledFailure) && cancellationSignal().aborted) throw new CancelledFailure('CANCELLED');
      if (error instanceof ProviderError) countFault(error.provider, error.facts.fault);
      throw toFailure(error, activityInfo().attempt);
    }
  },
});
