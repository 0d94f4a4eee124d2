// When time alone calls for something: a waiting batch may start, or jobs may have ended without a word.

import { findCaps } from './blocks.ts';
import { listCandidates } from './grant.ts';
import { isBelieved } from './learned.ts';
import { findNextDayAt } from './ledger.ts';
import { mergeLimits } from './limits.ts';
import { countWanted, type DispatchState, type Holder, listOwners, namePool } from './state.ts';

/**
 * When a learned limit is no longer believed, a new day brings money, or the part of a realtime lane changes. Null if only an event can change
 * anything.
 */
export function findNextChangeAt(state: DispatchState, now: number): number | null {
  const waiting = listCandidates(state);
  const limits = mergeLimits(state.file, state.overrides);
  const doubtedAt = waiting.flatMap(({ holder, entry }) => {
    const learned = state.pools[namePool(holder.account, entry)]?.learned;
    return isBelieved(learned, now) ? [learned.until] : [];
  });
  const isCapped = waiting.some(({ holder }) =>
    listOwners(holder).some((owner) => {
      const { dayUsd, monthUsd } = findCaps(limits, owner);
      return dayUsd !== undefined || monthUsd !== undefined;
    }),
  );
  const times = [...doubtedAt, ...(isCapped ? [findNextDayAt(now)] : []), ...listLaneTimes(state, now)];
  return times.length === 0 ? null : Math.min(...times);
}

const listLaneTimes = ({ pools, lanesFrom = 0 }: DispatchState, now: number): readonly number[] =>
  Object.values(pools)
    .filter(({ lanes }) => lanes !== undefined)
    .flatMap(({ lanes = {}, weights }) => [
      lanesFrom,
      ...(weights?.before === undefined ? [] : [weights.before.until]),
      ...Object.values(lanes).flatMap(({ from, until }) => [from, ...(until === null ? [] : [until])]),
    ])
    .filter((time) => time > now);

export interface Look {
  readonly at: number;
  /** Jobs that have declared within this time are not looked for. */
  readonly silentMs: number;
}

/**
 * When to look for jobs that ended without a word; null if no job has declared. It is soon if others may need what such a job still holds.
 * `startedAt` counts as the last look if there was none.
 */
export function planLook(state: DispatchState, startedAt: number): Look | null {
  if (Object.keys(state.holders).length === 0) return null;
  const { everyMs, silentMs } = doOthersNeed(state) ? whileOthersNeed : otherwise;
  return { at: (state.reclaimedAt ?? startedAt) + everyMs, silentMs };
}

const minuteMs = 60_000;
const whileOthersNeed = { everyMs: minuteMs, silentMs: minuteMs };
const otherwise = { everyMs: 10 * minuteMs, silentMs: 5 * minuteMs };

/** A batch waits, or realtime lanes share a rate. */
const doOthersNeed = ({ holders, pools }: DispatchState): boolean =>
  Object.values(holders).some(({ entries }) => entries.some((entry) => countWanted(entry) > 0)) ||
  Object.values(pools).some(({ lanes = {} }) => Object.keys(lanes).length > 1);

export const lookedForMax = 200;

/** Of those that have not been seen since, the ones to look for together: first those not seen for longest. */
export const listSilent = ({ holders }: DispatchState, since: number): readonly [string, Holder][] =>
  Object.entries(holders)
    .filter(([, { seenAt }]) => seenAt <= since)
    .toSorted(([, a], [, b]) => a.seenAt - b.seenAt)
    .slice(0, lookedForMax);
