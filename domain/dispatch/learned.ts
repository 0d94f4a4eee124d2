// What refusals taught about the room of one model of an account. A limit is believed for some time, and then tried again: it may have
// been raised, or others may have stopped using it.

import type { Refused } from './declaration.ts';

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

/** `open` is what takes room at the provider without the refused batch, and `asked` is that with it. */
export function learn(
  before: Learned | undefined,
  named: Refused['named'],
  open: { readonly batches: number; readonly tokens: number },
  asked: { readonly batches: number; readonly tokens: number },
  now: number,
): Learned {
  const failures = (before?.failures ?? 0) + 1;
  // A named limit counts if it explains the refusal. Otherwise others use part of it, and only what is open fits.
  if (named !== null && asked[named.unit] > named.limit) {
    const limit = Math.max(named.limit, open[named.unit]);
    return { tokens: null, batches: null, [named.unit]: limit, until: now + namedMs, failures: 0 };
  }
  const delays = open.batches === 0 ? noneMs : someMs;
  const delay = delays[Math.min(failures, delays.length) - 1] ?? namedMs;
  return { tokens: null, batches: open.batches, until: now + delay, failures };
}

export const isBelieved = (learned: Learned | undefined, now: number): learned is Learned =>
  learned !== undefined && now < learned.until;
