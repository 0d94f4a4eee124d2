// The dispatcher's answer to each message: the state after it, and what the holders must be told.

import { readOwn } from '../read-own.ts';
import { isUntried } from './blocks.ts';
import type { Declaration, Grants } from './declaration.ts';
import { declare, forget } from './declare.ts';
import { decideGrants, listWaits, type Waited } from './grant.ts';
import { updateLanes } from './lanes.ts';
import { type Limits, mergeLimits } from './limits.ts';
import { describeWait } from './page/waits.ts';
import { type DispatchState, type Entry, type Holder, isSameNeed, namePool } from './state.ts';
import { Usage } from './usage.ts';

export interface Dispatched {
  readonly state: DispatchState;
  /** What each holder is told, by its workflow. */
  readonly told: Readonly<Record<string, Grants>>;
  readonly waited: readonly Waited[];
  readonly hasMore: boolean;
}

/** Above this size of what they declare, in characters, the dispatcher takes no new holders. */
const holdersMax = 256 * 1024;
/** Urgent jobs still find a place when others do not. */
const urgentMax = 1.25 * holdersMax;

/** False if a new holder must ask again later. */
export function hasPlace(state: DispatchState, { holder, sharing }: Pick<Declaration, 'holder' | 'sharing'>): boolean {
  if (readOwn(state.holders, holder) !== undefined) return true;
  return JSON.stringify(state.holders).length < (sharing.priority === 1 ? urgentMax : holdersMax);
}

/** The holder is always told, because an answer to it may have been lost. */
export const takeDeclaration = (state: DispatchState, declaration: Declaration, now: number): Dispatched =>
  tell(declare(state, declaration, now), [declaration.holder], now);

export const takeGone = (state: DispatchState, holders: readonly string[], now: number): Dispatched =>
  tell(
    holders.reduce((left, holder) => forget(left, holder, now), state),
    [],
    now,
  );

/** Decides again: time has passed, or limits have changed. `alsoTold` are told even if nothing is granted to them. */
export const decideAgain = (state: DispatchState, now: number, alsoTold: readonly string[] = []): Dispatched =>
  tell(state, alsoTold, now);

function tell(before: DispatchState, alsoTold: readonly string[], now: number): Dispatched {
  const { state: decided, holders, waited, hasMore } = decideGrants(before, now);
  const state = updateLanes(decided, now);
  // Above all that was sent before, even if the dispatcher was reset to an earlier state.
  const version = Math.max(state.version + 1, now);
  const limits = mergeLimits(state.file, state.overrides);
  const describe = makeDescriber(state, limits, now);
  const told = [...new Set([...alsoTold, ...holders])].flatMap((id): [string, Grants][] => {
    const holder = readOwn(state.holders, id);
    if (holder === undefined) return [];
    const grants = holder.entries.map((entry) => ({
      model: entry.model,
      lane: entry.lane,
      granted: entry.granted,
      wait: describe(id, holder, entry),
      isUntried: isUntried(state, limits, holder.account, entry, now),
    }));
    return [[id, { version, run: holder.run, grants }]];
  });
  return { state: { ...state, version }, told: Object.fromEntries(told), waited, hasMore };
}

/** Puts the line of each pool in order only once. */
function makeDescriber(state: DispatchState, limits: Limits, now: number) {
  const usage = new Usage(state);
  const lines = new Map<string, ReturnType<typeof listWaits>>();
  return (id: string, holder: Holder, entry: Entry): string | null => {
    const pool = namePool(holder.account, entry);
    const line = lines.get(pool) ?? listWaits(state, limits, usage, pool, now);
    lines.set(pool, line);
    const wait = line.find((other) => other.id === id && isSameNeed(other.entry, entry));
    return wait === undefined ? null : describeWait(wait);
  };
}
