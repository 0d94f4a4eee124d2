// The only way out of an activity's failure: a code, numbers and words of ours. No cause chain, no provider body, no parser's own words.

import { activityInfo, CancelledFailure, cancellationSignal } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker';
import { type Fault, faultDelayMs, reactionTo } from '../domain/batch/backoff.ts';
import { InvariantBroken, JobRefused } from '../domain/refusal.ts';
import { ProviderError, type ProviderErrorFacts } from '../providers/error.ts';
import { StoreError, type StoreProblem } from '../storage/store.ts';
import { countFault } from './metrics.ts';

/** Thrown where an operation is to be tried again after a wait that it knows itself. */
export class TryAgain extends Error {
  override readonly name = 'TryAgain';
  readonly delayMs: number;
  constructor(why: string, delayMs: number) {
    super(why);
    this.delayMs = delayMs;
  }
}

const faultAdvice: Readonly<Record<Fault, string>> = {
  rate_limited: 'the provider limits the rate; tried again later',
  overloaded: 'the provider is overloaded; tried again later',
  server_error: 'the provider failed; tried again later',
  gateway_timeout: 'the provider did not answer in time; tried again',
  timeout: 'the call took too long; tried again',
  connection: 'the connection broke; tried again',
  broken_stream: 'the download ended early; tried again',
  not_ready: 'the provider does not have its file ready yet; tried again',
  capacity: 'the provider has no room for another batch; waits',
  unauthorized: 'the key is refused: give the worker a working key, then resume the job',
  forbidden: 'the key may not do this: give it the permission, then resume the job',
  no_money: 'the account has no credit or has met its spend limit: raise it, then resume the job',
  refused: 'the provider refuses the request',
  too_large: 'the provider finds the request too large: lower batch.maxBytes',
  not_found: 'the provider no longer has it',
};

const storeAdvice: Readonly<Record<StoreProblem, string>> = {
  missing: 'there is no such file',
  unreadable: 'the file cannot be read: check its permissions',
  exists: 'the file exists already',
  outside_root: 'the path leaves the data root',
  bad_uri: 'this is no path below the data root',
  full: 'the disk is full: make room, the job goes on by itself',
  unwritable: 'the folder cannot be written: check its permissions, the job goes on by itself',
  unavailable: 'the store does not answer; tried again',
};

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
    return ApplicationFailure.retryable(`${error.uri}: ${storeAdvice[error.problem]}`, `store_${error.problem}`);
  }
  if (error instanceof InvariantBroken) return ApplicationFailure.retryable(error.message, 'invariant_broken');
  return ApplicationFailure.retryable(`unexpected ${describeClass(error)} in ${locateInCode(error)}`, 'unexpected');
}

function providerFailure(message: string, facts: ProviderErrorFacts, attempt: number): ApplicationFailure {
  const { fault, status, code, requestId } = facts;
  const reaction = reactionTo[fault];
  const details = [{ fault, status, code, requestId }];
  const words = `${message}: ${faultAdvice[fault]}`;
  if (reaction.kind === 'trouble') {
    return ApplicationFailure.create({ message: words, type: 'trouble', nonRetryable: true, details });
  }
  if (reaction.kind !== 'again') {
    return ApplicationFailure.create({ message: words, type: fault, nonRetryable: true, details });
  }
  const exhausted = reaction.attemptsMax !== null && attempt >= reaction.attemptsMax;
  const nextRetryDelay = faultDelayMs(fault, attempt, facts.retryAfterMs);
  return ApplicationFailure.create({ message: words, type: fault, nonRetryable: exhausted, details, nextRetryDelay });
}

/** A class name is ours or the platform's, never a row's. */
function describeClass(error: unknown): string {
  return error instanceof Error ? error.constructor.name : typeof error;
}

/** The first frame of the stack: a place in the code. The message above it may quote anything, and is left out. */
function locateInCode(error: unknown): string {
  const frames = error instanceof Error ? (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)) : [];
  return (frames[0] ?? 'an unknown place')
    .trim()
    .replace(/^at /, '')
    .replace(/\(?(file:\/\/)?\/.*\//, '(');
}

/** Wraps every activity. An abort that follows a cancellation is the cancellation. */
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
