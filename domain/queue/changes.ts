// How the state of a queue changes: items come, a flush begins, runs and ends, a person takes an item out.

import { compareDeliveries, type Delivery, sumDeliveries } from './delivery.ts';
import {
  type EndedFlush,
  failureCharsMax,
  knownMax,
  noTotals,
  type OpenFlush,
  type QueueSettings,
  type QueueState,
  type QueueTotals,
  type Removal,
  shownMax,
} from './state.ts';

/** What the store shows of a queue. */
export interface FoundInStore {
  /** The oldest deliveries. */
  readonly waiting: readonly Delivery[];
  readonly beyond: QueueState['beyond'];
}

/** What an earlier queue of the same name left. */
export interface FoundQueue extends FoundInStore {
  readonly nextFlush: number;
  readonly open: readonly OpenFlush[];
}

export const beginQueue = (settings: QueueSettings, found: FoundQueue): QueueState => ({
  settings,
  mode: 'open',
  waiting: found.waiting,
  beyond: found.beyond,
  removals: [],
  nextFlush: found.nextFlush,
  open: found.open,
  ended: [],
  totals: noTotals,
  flushUntil: null,
});

/** A delivery that is known already changes nothing: the same news may come twice. */
export function addDelivery(state: QueueState, delivery: Delivery): QueueState {
  if (state.waiting.some(({ name }) => name === delivery.name)) return state;
  const { deliveries, items, bytes } = state.beyond;
  const isFull = state.waiting.filter(({ isUrgent }) => isUrgent === delivery.isUrgent).length >= knownMax;
  // An urgent one must be known, however many others wait.
  if (isFull || (deliveries > 0 && !delivery.isUrgent)) {
    const beyond = { deliveries: deliveries + 1, items: items + delivery.items, bytes: bytes + delivery.bytes };
    return { ...state, beyond };
  }
  return { ...state, waiting: [...state.waiting, delivery].sort(compareDeliveries) };
}

/** What is known by name of all deliveries that wait: the oldest ones, and the oldest urgent ones. The others are only counted. */
export function sortFound(all: readonly Delivery[]): FoundInStore {
  const sorted = all.toSorted(compareDeliveries);
  const known = new Set(
    [true, false].flatMap((kind) => sorted.filter((each) => each.isUrgent === kind).slice(0, knownMax)),
  );
  const rest = sorted.filter((delivery) => !known.has(delivery));
  return {
    waiting: sorted.filter((delivery) => known.has(delivery)),
    beyond: { deliveries: rest.length, ...sumDeliveries(rest) },
  };
}

/** The store is right: deliveries whose news was lost are in it. It may not have had yet what came while it was read. */
export const takeFound = (
  state: QueueState,
  { waiting, beyond }: FoundInStore,
  cameMeanwhile: readonly Delivery[] = [],
): QueueState => cameMeanwhile.reduce(addDelivery, { ...state, waiting, beyond });

/** The same item may be taken out again, because it came again. */
export function addRemoval(state: QueueState, id: Removal['id'], deliveries: readonly string[]): QueueState {
  const before = state.removals.find((removal) => removal.id === id);
  const names = [...new Set([...(before?.deliveries ?? []), ...deliveries])];
  return { ...state, removals: [...state.removals.filter((removal) => removal !== before), { id, deliveries: names }] };
}

/** What a flush took out of the deliveries. */
export interface Sealed {
  readonly items: number;
  readonly duplicates: number;
  readonly removed: number;
}

/** The deliveries have become the dataset of a flush: an empty one starts no job. */
export function takeSealed(
  state: QueueState,
  sealed: Sealed & { readonly isUrgent: boolean; readonly deliveries: readonly string[] },
  now: number,
): QueueState {
  const taken = new Set(sealed.deliveries);
  const waiting = state.waiting.filter(({ name }) => !taken.has(name));
  const flush = state.nextFlush;
  const { items, duplicates, removed, isUrgent } = sealed;
  const next: QueueState = {
    ...state,
    waiting,
    removals: keepRemovals(state.removals, taken),
    nextFlush: flush + 1,
    flushUntil: waiting.length === 0 && state.beyond.deliveries === 0 ? null : state.flushUntil,
    totals: addTotals(state.totals, { duplicates, removed, flushed: items }),
  };
  if (items > 0) {
    const known = state.waiting.filter(({ name }) => taken.has(name));
    const oldestAt = known.reduce((oldest, { at }) => Math.min(oldest, at), now);
    return { ...next, open: [...next.open, { flush, items, isUrgent, startedAt: now, oldestAt, failure: null }] };
  }
  return endFlush(next, { flush, items, end: 'empty', endedAt: now, answered: null, failed: null, usd: null });
}

const keepRemovals = (removals: readonly Removal[], taken: ReadonlySet<string>): readonly Removal[] =>
  removals.flatMap(({ id, deliveries }) => {
    const left = deliveries.filter((name) => !taken.has(name));
    return left.length === 0 ? [] : [{ id, deliveries: left }];
  });

/** What is known of the time that its items took is added. */
export function endFlush(state: QueueState, ended: EndedFlush): QueueState {
  const { oldestAt } = state.open.find(({ flush }) => flush === ended.flush) ?? {};
  const timed = oldestAt === undefined ? ended : { ...ended, longestMs: Math.max(0, ended.endedAt - oldestAt) };
  return {
    ...state,
    open: state.open.filter(({ flush }) => flush !== ended.flush),
    ended: [timed, ...state.ended].slice(0, shownMax),
    totals: isLate(state.settings, timed) ? addTotals(state.totals, { late: ended.items }) : state.totals,
  };
}

export const isLate = (
  { slaMs = Number.POSITIVE_INFINITY }: Pick<QueueSettings, 'slaMs'>,
  { longestMs = 0 }: Pick<EndedFlush, 'longestMs'>,
): boolean => longestMs > slaMs;

/** Flushes that have not ended and take longer than the `sla` by now, without those of which the alert was raised. */
export const listNewlyLate = ({ settings, open }: QueueState, now: number): readonly OpenFlush[] =>
  open.filter((flush) => flush.isLate !== true && isLate(settings, { longestMs: now - (flush.oldestAt ?? now) }));

export const markLate = (state: QueueState, flush: number): QueueState => ({
  ...state,
  open: state.open.map((open) => (open.flush === flush ? { ...open, isLate: true } : open)),
});

/** Null: it runs again. */
export const markFlush = (state: QueueState, flush: number, failure: string | null): QueueState => ({
  ...state,
  open: state.open.map((open) =>
    open.flush === flush ? { ...open, failure: failure?.slice(0, failureCharsMax) ?? null } : open,
  ),
});

export function addTotals(totals: QueueTotals, more: Partial<QueueTotals>): QueueTotals {
  const { accepted = 0, refused = 0, removed = 0, duplicates = 0, flushed = 0, late = 0 } = more;
  return {
    accepted: totals.accepted + accepted,
    refused: totals.refused + refused,
    removed: totals.removed + removed,
    duplicates: totals.duplicates + duplicates,
    flushed: totals.flushed + flushed,
    late: (totals.late ?? 0) + late,
  };
}

/** Everything that came is over. */
export const isEmpty = ({ waiting, beyond, open }: QueueState): boolean =>
  waiting.length === 0 && beyond.deliveries === 0 && open.length === 0;
