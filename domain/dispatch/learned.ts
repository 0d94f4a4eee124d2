// What refusals taught about the room of one model of an account. A limit is believed for some time, and then tried again: it may have
// been raised, or others may have stopped using it.

import type { Load, Refused } from './declaration.ts';

export interface Learned {
  /** Null if the provider named none. */
  readonly tokens: number | null;
  readonly batches: number | null;
  /** Until then it is believed. */
  readonly until: number;
  /** Refusals since a batch was last accepted beyond what was known. */
  readonly failures: number;
}

const minuteMs = 60_000;
/** A limit that the provider names seldom changes. */
const namedMs = 240 * minuteMs;
/** While some batches run, their ends make room. More than before is seldom tried. */
const someMs = [30, 60, 120, 240].map((minutes) => minutes * minuteMs);
/** While none runs, others use all the room: it must be noticed when they stop. */
const noneMs = [1, 2, 4, 8, 15, 30].map((minutes) => minutes * minuteMs);

/** After that, what ended while the provider refused is tried again. */
const staleMs = minuteMs;

/** What took room at the provider, as far as that is known when a refusal becomes known. */
export interface Room {
  /** Without the refused batch, and with it. */
  readonly open: Pick<Load, 'batches' | 'tokens'>;
  readonly asked: Pick<Load, 'batches' | 'tokens'>;
  /** When a batch last ended. */
  readonly endedAt: number;
}

export function learn(
  before: Learned | undefined,
  { named, askedAt }: Refused,
  { open, asked, endedAt }: Room,
  now: number,
): Learned {
  // More may have been open when the provider refused than is open now.
  const isStale = endedAt >= askedAt;
  // A named limit counts if it explains the refusal. Otherwise others use part of it, and only what is open fits.
  if (named !== null && (isStale || asked[named.unit] > named.limit)) {
    const limit = Math.max(named.limit, open[named.unit]);
    return { tokens: null, batches: null, [named.unit]: limit, until: now + namedMs, failures: 0 };
  }
  const failures = (before?.failures ?? 0) + 1;
  if (isStale) return { tokens: null, batches: Math.max(1, open.batches), until: now + staleMs, failures };
  const delays = open.batches === 0 ? noneMs : someMs;
  const delay = delays[Math.min(failures, delays.length) - 1] ?? namedMs;
  return { tokens: null, batches: open.batches, until: now + delay, failures };
}

/** More fits than was known: the next refusal is the first one again. */
export const noteAccepted = (learned: Learned, open: Room['open']): Learned =>
  learned.batches !== null && open.batches > learned.batches ? { ...learned, failures: 0 } : learned;

export const isBelieved = (learned: Learned | undefined, now: number): learned is Learned =>
  learned !== undefined && now < learned.until;
