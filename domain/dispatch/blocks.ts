// Why a batch may not start now.

import { roundUsd } from '../money/cost.ts';
import type { BatchSize, Load } from './declaration.ts';
import { findLaneLimits, totalRequests } from './lanes.ts';
import { isBelieved } from './learned.ts';
import { type CapState, listCaps } from './ledger.ts';
import { type Caps, findTenant, type Limits, type RoomLimits } from './limits.ts';
import { type DispatchState, type Entry, emptyPool, type Holder, listOwners, namePool } from './state.ts';
import type { Usage } from './usage.ts';

export type Block =
  | {
      readonly kind: 'room';
      readonly of: string;
      readonly unit: 'tokens' | 'batches' | 'lanes';
      readonly used: number;
      readonly limit: number;
    }
  | { readonly kind: 'untried'; readonly of: string; readonly unsure: number }
  | { readonly kind: 'tenant'; readonly tenant: string; readonly used: number; readonly limit: number }
  | {
      readonly kind: 'cap';
      readonly owner: string;
      readonly cap: CapState;
      readonly reservedUsd: number;
      readonly needUsd: number;
    }
  | { readonly kind: 'unpriced'; readonly owner: string };

/** Blocks of a pool or an account stop all who come later there, so that a large batch is not passed by small ones for ever. */
export const isShared = ({ kind }: Block): boolean => kind === 'room' || kind === 'untried';

/** While nothing is known of a pool's room, so many batches may be unsure; each accepted one allows one more. */
const untriedMax = 2;

export function findBlock(
  state: DispatchState,
  limits: Limits,
  usage: Usage,
  holder: Holder,
  entry: Entry,
  now: number,
): Block | null {
  return (
    findMoneyBlock(state, limits, usage, holder, entry.each) ??
    (entry.lane === 'realtime'
      ? findLaneBlock(limits, usage, holder, entry)
      : findPlaceBlock(state, limits, usage, holder, entry, now))
  );
}

function findPlaceBlock(
  state: DispatchState,
  limits: Limits,
  usage: Usage,
  { account, tenant }: Holder,
  entry: Entry,
  now: number,
): Block | null {
  const limit = findTenant(limits, tenant).batches;
  const used = usage.tenantBatches(tenant);
  if (limit !== undefined && used >= limit) return { kind: 'tenant', tenant, used, limit };
  const ofAccount = limits.accounts[account] ?? {};
  const ofModel = ofAccount.models?.[entry.model] ?? {};
  const name = namePool(account, entry);
  const { learned, accepted } = state.pools[name] ?? emptyPool;
  const inPool = usage.pool(name);
  const believed = isBelieved(learned, now) ? learned : null;
  const room =
    findRoomBlock(account, ofAccount, usage.account(account), entry.each) ??
    findRoomBlock(entry.model, lowerRoom(ofModel, believed), inPool, entry.each);
  if (room !== null) return room;
  const unsure = usage.unsure(name);
  if (!isUntried(state, limits, account, entry, now) || unsure < Math.max(untriedMax, accepted)) return null;
  return { kind: 'untried', of: entry.model, unsure };
}

/** Each realtime lane needs at least one request a minute. */
function findLaneBlock(limits: Limits, usage: Usage, { account }: Holder, entry: Entry): Block | null {
  const { rpm, tpm } = findLaneLimits(limits, account, entry.model);
  const limit = tpm === 0 ? 0 : rpm === null ? null : totalRequests(rpm);
  const used = usage.lanes(namePool(account, entry));
  return limit !== null && used >= limit ? { kind: 'room', of: entry.model, unit: 'lanes', used, limit } : null;
}

/** Whether neither a limit nor a refusal says how much fits. */
export function isUntried(
  { pools }: Pick<DispatchState, 'pools'>,
  { accounts }: Limits,
  account: string,
  entry: Pick<Entry, 'model' | 'lane'>,
  now: number,
): boolean {
  if (entry.lane === 'realtime') return false;
  const { models = {}, ...ofAccount } = accounts[account] ?? {};
  const isKnown = isRoomKnown(ofAccount) || isRoomKnown(models[entry.model] ?? {});
  return !isKnown && !isBelieved(pools[namePool(account, entry)]?.learned, now);
}

export const isRoomKnown = ({ batches, enqueuedTokens }: RoomLimits): boolean =>
  batches !== undefined || enqueuedTokens !== undefined;

/** A batch that alone is larger than the limit has to be tried alone: its tokens are only estimated. */
function findRoomBlock(
  of: string,
  { batches, enqueuedTokens }: RoomLimits,
  used: Load,
  { tokens }: BatchSize,
): Block | null {
  if (batches !== undefined && used.batches >= batches) {
    return { kind: 'room', of, unit: 'batches', used: used.batches, limit: batches };
  }
  if (enqueuedTokens === undefined || used.tokens + tokens <= enqueuedTokens) return null;
  const mayTry = used.batches === 0 && enqueuedTokens > 0;
  return mayTry ? null : { kind: 'room', of, unit: 'tokens', used: used.tokens, limit: enqueuedTokens };
}

function lowerRoom(
  limits: RoomLimits,
  learned: { readonly tokens: number | null; readonly batches: number | null } | null,
): RoomLimits {
  const batches = lower(limits.batches, learned?.batches);
  const enqueuedTokens = lower(limits.enqueuedTokens, learned?.tokens);
  return { ...(batches === undefined ? {} : { batches }), ...(enqueuedTokens === undefined ? {} : { enqueuedTokens }) };
}

const lower = (a: number | undefined, b: number | null | undefined): number | undefined =>
  a === undefined || b == null ? (a ?? b ?? undefined) : Math.min(a, b);

/** What is settled and reserved, with this estimate, never passes a cap. Work of unknown price does not fit under one. */
function findMoneyBlock(
  { ledger }: DispatchState,
  limits: Limits,
  usage: Usage,
  holder: Holder,
  { usd }: BatchSize,
): Block | null {
  for (const owner of listOwners(holder)) {
    for (const cap of listCaps(ledger, owner, findCaps(limits, owner))) {
      if (usd === null) return { kind: 'unpriced', owner };
      const reservedUsd = usage.owner(owner).usd;
      const isOver = roundUsd(cap.settledUsd + reservedUsd + usd) > cap.capUsd;
      if (isOver) return { kind: 'cap', owner, cap, reservedUsd, needUsd: usd };
    }
  }
  return null;
}

export function findCaps(limits: Limits, owner: string): Caps {
  const at = owner.indexOf(':');
  const name = owner.slice(at + 1);
  if (owner.startsWith('tenant:')) return findTenant(limits, name);
  return (owner.startsWith('feature:') ? limits.features[name] : limits.accounts[name]) ?? {};
}
