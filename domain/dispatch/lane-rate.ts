// What one realtime lane may use of the rate that all lanes of a model share. All lanes together never get more than the limit: of any two
// sets of lanes inside the time in which a call counts, the larger one gives none of them more.

import { formatCount } from '../progress/markdown.ts';
import { readOwn } from '../read-own.ts';
import {
  findLaneLimits,
  isLaneOpen,
  type LaneRate,
  nameLane,
  spareRequests,
  spareTokens,
  sumCallTokens,
  totalRequests,
  totalTokens,
} from './lanes.ts';
import { mergeLimits } from './limits.ts';
import { type DispatchState, type LaneWeights, namePool, type OpenLane, type Pool } from './state.ts';

/** The dispatcher's answer to a realtime lane. */
export type RateAnswer =
  | (LaneRate & {
      readonly kind: 'rate';
      /** False if the lane will have more in a minute or two, without asking for it. */
      readonly isSettled: boolean;
      /** The largest call that can have tokens of its own; null for no limit. */
      readonly callTokensMax: number | null;
    })
  /** It may make no call yet. */
  | { readonly kind: 'wait'; readonly why: string }
  /** The dispatcher does not know that its batch is open: its job must declare again. */
  | { readonly kind: 'unknown' };

export interface AskedRate {
  readonly holder: string;
  /** The chain of runs that asks. Absent: it is not known. */
  readonly chain?: string;
  readonly model: string;
}

const unlimited: RateAnswer = { kind: 'rate', rpm: null, tpm: null, isSettled: true, callTokensMax: null };

/** What a holder's lane may use now. The state is null while the dispatcher does not know what is held. */
export function findRate(
  state: DispatchState | null,
  { holder: id, chain, model }: AskedRate,
  now: number,
): RateAnswer {
  if (state === null) return wait('the dispatcher starts');
  const holder = readOwn(state.holders, id);
  if (holder === undefined || (chain !== undefined && chain !== nameLane(id, holder))) return { kind: 'unknown' };
  if (!holder.entries.some((entry) => entry.model === model && isLaneOpen(entry))) return { kind: 'unknown' };
  const rate = findLaneLimits(mergeLimits(state.file, state.overrides), holder.account, model);
  if (rate.rpm === null && rate.tpm === null) return unlimited;
  if (rate.rpm === 0 || rate.tpm === 0) return wait(`the limit of the realtime lanes of ${model} is 0`);
  if (now < (state.lanesFrom ?? 0)) {
    return wait('the dispatcher does not know what the one before it allowed: no lane makes calls for about a minute');
  }
  const pool = state.pools[namePool(holder.account, { model, lane: 'realtime' })];
  const name = nameLane(id, holder);
  const own = readOwn(pool?.lanes ?? {}, name);
  if (pool === undefined || own === undefined) {
    return wait(`the other realtime lanes of ${model} leave no place for it`);
  }
  return new Sharing(pool, rate, now).find(name, own, model);
}

const wait = (why: string): RateAnswer => ({ kind: 'wait', why });

/** Why a lane makes no call now. */
export interface RateWait {
  readonly why: string;
  /** The dispatcher does not answer, or does not know of the lane: the job must declare again. */
  readonly isUnknown: boolean;
  /** A call that is larger than the lane's part, which the job has not declared yet; null if that is not the cause. */
  readonly callTokens: number | null;
}

/**
 * Why a call of so many tokens may not begin, by the last answer that still holds; null if it may as soon as the limits allow. A call of up to
 * `declaredTokens` will have tokens of its own.
 */
export function findRateWait(answer: RateAnswer | null, tokens: number, declaredTokens: number): RateWait | null {
  const byWhy = (why: string): RateWait => ({ why, isUnknown: false, callTokens: null });
  if (answer === null) {
    return { ...byWhy('the dispatcher does not say what the realtime lane may use'), isUnknown: true };
  }
  if (answer.kind === 'unknown') return { ...byWhy('the dispatcher does not know the realtime lane'), isUnknown: true };
  if (answer.kind === 'wait') return byWhy(answer.why);
  const { tpm, isSettled, callTokensMax } = answer;
  if (tpm === null || tokens <= tpm) return null;
  const why = `a call of about ${formatCount(tokens)} tokens does not fit into its part of the tokens a minute`;
  if (!isSettled) return byWhy(why);
  // The provider decides about a call that is larger than what all lanes may use together.
  if (callTokensMax !== null && tokens > callTokensMax) return null;
  return tokens <= declaredTokens ? byWhy(why) : { ...byWhy(why), callTokens: tokens };
}

class Sharing {
  /** Those that began first come first. */
  readonly #lanes: readonly [string, OpenLane][];
  readonly #weights: readonly LaneWeights['of'][];
  readonly #limit: LaneRate;
  readonly #now: number;

  constructor({ lanes = {}, weights = { of: {} } }: Pool, limit: LaneRate, now: number) {
    this.#lanes = Object.entries(lanes).toSorted(([a, { from }], [b, other]) => from - other.from || (a < b ? -1 : 1));
    this.#weights = [
      weights.of,
      ...(weights.before !== undefined && weights.before.until > now ? [weights.before.of] : []),
    ];
    this.#limit = limit;
    this.#now = now;
  }

  find(name: string, own: OpenLane, model: string): RateAnswer {
    const { rpm, tpm } = this.#limit;
    if (!this.#hasPlace(name)) return wait(`the lanes that began before it use up the limit of ${model}`);
    const isSettled = own.from <= this.#now;
    if (!isSettled && this.#findNewcomer() !== name) {
      const seconds = Math.ceil((own.from - this.#now) / 1000);
      return wait(`the other realtime lanes of ${model} give up a part for it, in ${seconds} s at most`);
    }
    const part = Math.min(...this.#weights.map((weights) => this.#findPart(own, weights)));
    // Not more than it will have: the next new lane has the spare part directly after it.
    const most = (spare: number, settled: number): number => (isSettled ? settled : Math.min(spare, settled));
    return {
      kind: 'rate',
      rpm: rpm === null ? null : most(spareRequests(rpm), this.#shareRequests(rpm, part)),
      tpm: tpm === null ? null : most(spareTokens(tpm), this.#shareTokens(tpm, part, own)),
      isSettled,
      callTokensMax: tpm === null ? null : totalTokens(tpm),
    };
  }

  /** A lane of less than one request a minute would make none. So each has one, and they share the rest. */
  #shareRequests(rpm: number, part: number): number {
    return 1 + Math.floor(Math.max(0, totalRequests(rpm) - this.#lanes.length) * part);
  }

  #shareTokens(tpm: number, part: number, { callTokens }: OpenLane): number {
    const own = sumCallTokens(this.#lanes.map(([, lane]) => lane));
    return callTokens + Math.max(0, totalTokens(tpm) - own) * part;
  }

  /** After a limit was lowered, there may be more lanes than it has room for. The first one always has. */
  #hasPlace(name: string): boolean {
    const place = this.#lanes.findIndex(([other]) => other === name);
    if (place === 0) return true;
    const { rpm, tpm } = this.#limit;
    const tokens = sumCallTokens(this.#lanes.slice(0, place + 1).map(([, lane]) => lane));
    return (rpm === null || place < totalRequests(rpm)) && (tpm === null || tokens <= totalTokens(tpm));
  }

  /** The lane that has the spare part: of those that have no part of their own yet, the one that began first. */
  #findNewcomer(): string | null {
    const { rpm, tpm } = this.#limit;
    if (rpm !== null && spareRequests(rpm) === 0) return null;
    const first = this.#lanes.find(
      ([, { from, callTokens }]) => from > this.#now && (tpm === null || callTokens <= spareTokens(tpm)),
    );
    return first?.[0] ?? null;
  }

  /** Tenants share by weight, and the lanes of a tenant equally. */
  #findPart({ tenant }: OpenLane, weights: LaneWeights['of']): number {
    const byTenant = Map.groupBy(this.#lanes, ([, lane]) => lane.tenant);
    const weigh = (name: string): number => readOwn(weights, name) ?? 1;
    const all = [...byTenant.keys()].reduce((sum, name) => sum + weigh(name), 0);
    return weigh(tenant) / all / (byTenant.get(tenant)?.length ?? 1);
  }
}
