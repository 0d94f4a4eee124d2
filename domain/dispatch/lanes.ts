// How the realtime lanes of all jobs share the requests and tokens a minute of one model. A lane asks for its part again and again, and makes
// no call once the last answer is too old. So parts become smaller before others grow, whatever is lost on the way.

import { readOwn } from '../read-own.ts';
import { findTenant, type Limits, mergeLimits, type RateLimits } from './limits.ts';
import {
  type DispatchState,
  emptyPool,
  type Holder,
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
const settlesMs = rateHoldsMs + countedMs;
/** This part is kept for new lanes, so that a short urgent job need not wait until others have given up theirs. */
const spare = 0.1;

/** Takes up the lanes that began and ended. */
export function updateLanes(state: DispatchState, now: number): DispatchState {
  const open = new Map<string, Map<string, Holder>>();
  for (const [id, holder] of Object.entries(state.holders)) {
    for (const entry of holder.entries) {
      if (entry.lane !== 'realtime' || sumReserved(entry).batches === 0) continue;
      const name = namePool(holder.account, entry);
      open.set(name, (open.get(name) ?? new Map<string, Holder>()).set(id, holder));
    }
  }
  const known = Object.keys(state.pools).filter((name) => state.pools[name]?.lanes !== undefined);
  const names = new Set([...open.keys(), ...known]);
  if (names.size === 0) return state;
  const pools = [...names].map((name): [string, Pool] => {
    const { lanes = {}, ...pool } = state.pools[name] ?? emptyPool;
    const next = updatePool(lanes, open.get(name) ?? new Map(), now);
    return [name, Object.keys(next).length === 0 ? pool : { ...pool, lanes: next }];
  });
  return { ...state, pools: { ...state.pools, ...Object.fromEntries(pools) } };
}

function updatePool(
  lanes: Readonly<Record<string, OpenLane>>,
  open: ReadonlyMap<string, Holder>,
  now: number,
): Readonly<Record<string, OpenLane>> {
  const kept = Object.entries(lanes).flatMap(([id, lane]): [string, OpenLane][] => {
    if (open.has(id)) return [[id, { ...lane, until: null }]];
    const until = lane.until ?? now + settlesMs;
    return until > now ? [[id, { ...lane, until }]] : [];
  });
  const from = kept.length === 0 ? now : now + settlesMs;
  const begun = [...open].flatMap(([id, { tenant }]): [string, OpenLane][] =>
    readOwn(lanes, id) === undefined ? [[id, { tenant, from, until: null }]] : [],
  );
  // Of several that begin together, the parts are known to all.
  return Object.fromEntries([...kept, ...begun]);
}

/** What a holder's lane may use now; null if it may make no call yet. */
export function findRate(state: DispatchState, holder: string, model: string, now: number): LaneRate | null {
  const known = readOwn(state.holders, holder);
  if (known === undefined) return null;
  const limits = mergeLimits(state.file, state.overrides);
  const { rpm, tpm } = findLaneLimits(limits, known.account, model);
  if (rpm === null && tpm === null) return { rpm: null, tpm: null };
  const lanes = state.pools[namePool(known.account, { model, lane: 'realtime' })]?.lanes ?? {};
  const own = readOwn(lanes, holder);
  if (own === undefined || rpm === 0 || tpm === 0) return null;
  const isSettled = own.from <= now;
  if (!isSettled && findNewcomer(lanes, now) !== holder) return null;
  const settled = (1 - spare) * findPart(lanes, own.tenant, limits);
  // Not more than it will have: the next new lane has the spare part directly after it.
  const part = isSettled ? settled : Math.min(spare, settled);
  // A lane of less than one request a minute would make none.
  return { rpm: rpm === null ? null : Math.max(1, Math.floor(rpm * part)), tpm: tpm === null ? null : tpm * part };
}

/** Without what is kept for interactive traffic. */
export function findLaneLimits({ accounts }: Limits, account: string, model: string): LaneRate {
  const { rpm, tpm, interactive = 0 }: RateLimits = readOwn(accounts[account]?.models ?? {}, model) ?? {};
  const leave = (limit: number | undefined): number | null =>
    limit === undefined ? null : Math.floor(limit * (1 - interactive));
  return { rpm: leave(rpm), tpm: leave(tpm) };
}

/** The lane that has the spare part: of those that do not have their own yet, the one that began first. */
function findNewcomer(lanes: Readonly<Record<string, OpenLane>>, now: number): string | null {
  const [first] = Object.entries(lanes)
    .filter(([, { from }]) => from > now)
    .toSorted(([a, { from }], [b, other]) => from - other.from || (a < b ? -1 : 1));
  return first?.[0] ?? null;
}

/** Tenants share by weight, and the lanes of a tenant equally. */
function findPart(lanes: Readonly<Record<string, OpenLane>>, tenant: string, limits: Limits): number {
  const byTenant = Map.groupBy(Object.values(lanes), (lane) => lane.tenant);
  const weigh = (name: string): number => findTenant(limits, name).weight ?? 1;
  const all = [...byTenant.keys()].reduce((sum, name) => sum + weigh(name), 0);
  return weigh(tenant) / all / (byTenant.get(tenant)?.length ?? 1);
}
