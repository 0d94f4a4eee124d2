// One provider batch and one open intent, as the batch machine keeps them: how they begin, and what a poll changes.

import type { BatchBounds, BatchCase, OpenIntent, ProviderBatch } from './machine.ts';
import type { Recovered } from './recovered.ts';
import type { BatchHandle } from './state.ts';

export const newIntent = (overAt: number, now: number, { findDelaysMs }: BatchBounds): OpenIntent => ({
  finds: 0,
  overAt,
  nextAt: Math.max(now, overAt) + delayAt(findDelaysMs, 0),
});

/**
 * The earlier attempt that recorded the intent ends at the latest after its whole time from now on. Its own record may be wrong: it may have
 * waited for a worker for hours before it began.
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
 * Whether the account may be the reason that a batch is not found. Once a person has checked it, the batch counts as missing and its time runs.
 * For a cancelled job it runs in any case, because further polls may find the batch sooner than a person fixes the key.
 */
export const mayBlameAccount = ({ accountChecked, giveUpAt }: BatchCase): boolean =>
  !accountChecked && giveUpAt === null;

/** In trouble, the batch cannot be polled: the time for which it is not found begins again. */
export const forgetMissing = (batch: ProviderBatch): ProviderBatch => ({ ...batch, missingSince: null });

/** Notes that the output of an ended batch was asked for. */
export const countTry = (batch: ProviderBatch, now: number): ProviderBatch =>
  batch.phase === 'ended' ? { ...batch, firstTriedAt: batch.firstTriedAt ?? now, lastTriedAt: now } : batch;

/** Whether nothing of it can be at the provider. A create whose reply was lost may have made a batch. */
export const isUnsent = ({ batches, intent, unresolvedIntent }: BatchCase): boolean =>
  batches.length === 0 && intent === null && !unresolvedIntent;

export const isNew = ({ batches }: BatchCase, { id }: BatchHandle): boolean =>
  batches.every(({ handle }) => handle.id !== id);
