// One provider batch, and one open intent, as the batch machine keeps them: how they begin, and what a poll changes.

import type { BatchBounds, BatchCase, OpenIntent, ProviderBatch } from './machine.ts';
import type { Recovered } from './recovered.ts';
import type { BatchHandle } from './state.ts';

export const newIntent = (overAt: number, now: number, { findDelaysMs }: BatchBounds): OpenIntent => ({
  finds: 0,
  overAt,
  nextAt: Math.max(now, overAt) + delayAt(findDelaysMs, 0),
});

/**
 * An attempt that recorded an intent by now is over after its whole time from now on. Its own statement may be wrong: it may have waited for
 * a worker for hours before it began.
 */
export function recoverIntent(found: NonNullable<Recovered['intent']>, now: number, bounds: BatchBounds): OpenIntent {
  const certainlyOverAt = now + found.lastsMs;
  return newIntent(Math.min(found.overAt, certainlyOverAt), certainlyOverAt, bounds);
}

export const newBatch = (
  handle: BatchHandle,
  role: ProviderBatch['role'],
  ordinal: number,
  now: number,
  bounds: BatchBounds,
): ProviderBatch => ({
  handle,
  ordinal,
  role,
  phase: 'open',
  polls: 0,
  nextAt: now + delayAt(bounds.pollDelaysMs, 0),
  cancelAskedAt: null,
  cancelAt: 0,
  missingSince: null,
  ended: null,
  endedSeenAt: null,
  action: 'give_back',
  firstTriedAt: null,
  lastTriedAt: null,
  reading: null,
  readAgain: false,
});

export const recoverBatch = (batch: Recovered['batches'][number], now: number): ProviderBatch => ({
  ...batch,
  phase: batch.ended === null ? 'open' : 'ended',
  polls: 0,
  nextAt: now,
  cancelAskedAt: null,
  cancelAt: 0,
  missingSince: null,
  action: 'give_back',
  firstTriedAt: null,
  lastTriedAt: null,
  readAgain: false,
});

export const delayAt = (delays: readonly number[], index: number): number =>
  delays[Math.min(index, delays.length - 1)] ?? 0;

export const countPoll = (batch: ProviderBatch, now: number, bounds: BatchBounds): ProviderBatch => ({
  ...batch,
  polls: batch.polls + 1,
  nextAt: now + delayAt(bounds.pollDelaysMs, batch.polls + 1),
});

export const isPastWindow = ({ handle }: ProviderBatch, now: number, { windowMs, graceMs }: BatchBounds): boolean =>
  now >= handle.createdAt + windowMs + graceMs;

export function missBatch(batch: ProviderBatch, notFound: boolean, now: number, bounds: BatchBounds): ProviderBatch {
  if (batch.phase !== 'open') return batch;
  if (isPastWindow(batch, now, bounds)) return { ...batch, phase: 'unresolved' };
  if (!notFound) return batch;
  const missingSince = batch.missingSince ?? now;
  return { ...batch, missingSince, phase: now - missingSince >= bounds.notFoundMs ? 'unresolved' : batch.phase };
}

/**
 * Whether a batch that is not found may be trouble with the account. Once a person has looked, it is missing for good, so that its time runs.
 * The time of a cancelled job runs in any case, and further polls may find the batch sooner than a person mends the key.
 */
export const mayBlameAccount = ({ accountChecked, giveUpAt }: BatchCase): boolean =>
  !accountChecked && giveUpAt === null;

/** In trouble, nobody can look for the batch: the time for which it is not found begins again. */
export const forgetMissing = (batch: ProviderBatch): ProviderBatch => ({ ...batch, missingSince: null });

/** The output of an ended batch was asked for. */
export const countTry = (batch: ProviderBatch, now: number): ProviderBatch =>
  batch.phase === 'ended' ? { ...batch, firstTriedAt: batch.firstTriedAt ?? now, lastTriedAt: now } : batch;
