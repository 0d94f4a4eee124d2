// Which realtime lanes share the requests and tokens a minute of one model, and since when. A lane asks for its part again and again, and makes
// no call once the last answer is too old. So parts become smaller before others grow, whatever is lost on the way.

import { readOwn } from '../read-own.ts';
import { findTenant, type Limits, mergeLimits, type RateLimits } from './limits.ts';
import {
  type DispatchState,
  type Entry,
  emptyPool,
  type Holder,
  type LaneWeights,
  namePool,
  type OpenLane,
  type Pool,
  sumReserved,
} from './state.ts';

/** What a lane may use in a minute; null for no limit. */
export interface LaneRate {
  readonly rpm: number | null;
  readonly tpm: number | null;
}

/** So long an answer holds, from before it was asked for. */
export const rateHoldsMs = 15_000;
/** Providers count the calls of the last minute. The rest covers the time that a call needs to reach them. */
const countedMs = 62_000;
/** After this, no call counts that was made by an earlier answer. */
export const settlesMs = rateHoldsMs + countedMs;

/** What a holder's lane asks for. */
interface Wanted extends Pick<OpenLane, 'tenant' | 'callTokens'> {
  readonly since: number;
}

/** Another chain of runs with the same workflow id is another lane: it does not know what the one before it has used. */
export const nameLane = (id: string, { chain }: Pick<Holder, 'chain'>): string => chain ?? id;

export const isLaneOpen = (entry: Entry): boolean =>
  entry.lane === 'realtime' && entry.isPaused !== true && sumReserved(entry).batches > 0;

/** Takes up the lanes that began and ended, and the weights that changed. */
export function updateLanes(state: DispatchState, now: number): DispatchState {
  const limits = mergeLimits(state.file, state.overrides);
  const open = listOpen(state, limits);
  const known = Object.keys(state.pools).filter((name) => state.pools[name]?.lanes !== undefined);
  const names = new Set([...open.keys(), ...known]);
  if (names.size === 0) return state;
  const pools = [...names].map((name): [string, Pool] => {
    const { lanes = {}, weights, ...pool } = state.pools[name] ?? emptyPool;
    const { wanted, rate } = open.get(name) ?? { wanted: new Map<string, Wanted>(), rate: noRate };
    const next = placeLanes(keepLanes(lanes, wanted, now), wanted, rate, now);
    if (Object.keys(next).length === 0) return [name, pool];
    return [name, { ...pool, lanes: next, weights: updateWeights(weights, next, limits, now) }];
  });
  return { ...state, pools: { ...state.pools, ...Object.fromEntries(pools) } };
}

const noRate: LaneRate = { rpm: null, tpm: null };

function listOpen(state: DispatchState, limits: Limits) {
  const open = new Map<string, { readonly wanted: Map<string, Wanted>; readonly rate: LaneRate }>();
  for (const [id, holder] of Object.entries(state.holders)) {
    for (const entry of holder.entries.filter(isLaneOpen)) {
      const name = namePool(holder.account, entry);
      const rate = findLaneLimits(limits, holder.account, entry.model);
      const pool = open.get(name) ?? { wanted: new Map<string, Wanted>(), rate };
      const callTokens = limitCall(rate, entry.callTokens ?? 0);
      pool.wanted.set(nameLane(id, holder), { tenant: holder.tenant, callTokens, since: entry.since });
      open.set(name, pool);
    }
  }
  return open;
}

/** A lane that is over, or that needs more tokens of its own, keeps its part until its calls no longer count. */
function keepLanes(
  lanes: Readonly<Record<string, OpenLane>>,
  wanted: ReadonlyMap<string, Wanted>,
  now: number,
): readonly [string, OpenLane][] {
  return Object.entries(lanes).flatMap(([name, lane]): [string, OpenLane][] => {
    const its = wanted.get(name);
    if (its !== undefined && its.callTokens <= lane.callTokens) return [[name, { ...lane, until: null }]];
    const until = lane.until ?? now + settlesMs;
    if (until <= now) return [];
    return [[its === undefined ? name : `${name} ${lane.from}`, { ...lane, until }]];
  });
}

/** Gives a place to the lanes that have none yet, the one that has waited longest first. One with large calls may have to wait for it. */
function placeLanes(
  kept: readonly [string, OpenLane][],
  wanted: ReadonlyMap<string, Wanted>,
  rate: LaneRate,
  now: number,
): Readonly<Record<string, OpenLane>> {
  // Of several that begin together, the parts are known to all.
  const from = kept.length === 0 ? now : now + settlesMs;
  const placed = new Map(kept);
  const waiting = [...wanted]
    .filter(([name]) => !placed.has(name))
    .toSorted(([a, first], [b, second]) => first.since - second.since || (a < b ? -1 : 1));
  let isLargeWaiting = false;
  for (const [name, { tenant, callTokens }] of waiting) {
    const tokens = sumCallTokens(placed.values()) + callTokens;
    // Those with large calls do not pass each other.
    isLargeWaiting ||= callTokens > 0 && rate.tpm !== null && tokens > totalTokens(rate.tpm);
    if (callTokens === 0 || !isLargeWaiting) placed.set(name, { tenant, callTokens, from, until: null });
  }
  return Object.fromEntries(placed);
}

/** A call that is larger than what all lanes have together can have no tokens of its own. */
const limitCall = ({ tpm }: LaneRate, callTokens: number): number =>
  tpm !== null && callTokens > totalTokens(tpm) ? 0 : callTokens;

export const sumCallTokens = (lanes: Iterable<Pick<OpenLane, 'callTokens'>>): number =>
  [...lanes].reduce((sum, { callTokens }) => sum + callTokens, 0);

/** A change holds for what becomes smaller immediately, and for what grows when the others have certainly given it up. */
function updateWeights(
  known: LaneWeights | undefined,
  lanes: Readonly<Record<string, OpenLane>>,
  limits: Limits,
  now: number,
): LaneWeights {
  const tenants = [...new Set(Object.values(lanes).map(({ tenant }) => tenant))];
  const latest = Object.fromEntries(tenants.map((tenant) => [tenant, findTenant(limits, tenant).weight ?? 1]));
  if (known === undefined) return { of: latest };
  const kept = { ...latest, ...pick(known.of, tenants) };
  if (known.before !== undefined && known.before.until > now) {
    return { of: kept, before: { ...known.before, of: { ...kept, ...pick(known.before.of, tenants) } } };
  }
  const isSame = tenants.every((tenant) => readOwn(kept, tenant) === readOwn(latest, tenant));
  return isSame ? { of: latest } : { of: latest, before: { of: kept, until: now + settlesMs } };
}

const pick = (all: Readonly<Record<string, number>>, names: readonly string[]): Record<string, number> =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = readOwn(all, name);
      return value === undefined ? [] : [[name, value]];
    }),
  );

/** Without what is kept for interactive traffic. */
export function findLaneLimits({ accounts }: Limits, account: string, model: string): LaneRate {
  const { rpm, tpm, interactive = 0 }: RateLimits = readOwn(accounts[account]?.models ?? {}, model) ?? {};
  const leave = (limit: number | undefined): number | null =>
    limit === undefined ? null : Math.floor(limit * (1 - interactive));
  return { rpm: leave(rpm), tpm: leave(tpm) };
}

/** This part is kept for new lanes, so that a short urgent job need not wait until others have given up theirs. */
const spare = 0.1;

/** Requests that only new lanes use. A small limit has none to spare. */
export const spareRequests = (rpm: number): number => Math.floor(rpm * spare);
export const spareTokens = (tpm: number): number => tpm * spare;
/** What the lanes share that have their own parts. */
export const totalRequests = (rpm: number): number => (spareRequests(rpm) === 0 ? rpm : Math.floor(rpm * (1 - spare)));
export const totalTokens = (tpm: number): number => tpm * (1 - spare);
