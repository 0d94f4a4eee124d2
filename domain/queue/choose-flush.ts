// Decides which deliveries become the next flush, and when.

import type { Delivery } from './delivery.ts';
import { sumDeliveries } from './delivery.ts';
import { type FlushPolicy, knownMax, openMax, type QueueState, takenMax } from './state.ts';

export type FlushReason = 'urgent' | 'items' | 'bytes' | 'age' | 'schedule' | 'asked';

export interface FlushChoice {
  readonly deliveries: readonly Delivery[];
  readonly reason: FlushReason;
  /** It has place for deliveries that are not known by name: it looks for them in the store. */
  readonly most: FlushPolicy | null;
}

/** Null if nothing is to be flushed now. Urgent items go first, and wait for no other flush. */
export function chooseFlush(state: QueueState, now: number): FlushChoice | null {
  const { waiting, mode } = state;
  if (mode === 'paused' || state.open.length >= openMax) return null;
  const urgent = waiting.filter(({ isUrgent }) => isUrgent);
  if (urgent.length > 0) return choose(state, urgent, 'urgent');
  if (waiting.length === 0 || !hasRoom(state)) return null;
  const reason = findReason(state, now);
  return reason === null ? null : choose(state, waiting, reason);
}

function choose({ beyond, settings }: QueueState, from: readonly Delivery[], reason: FlushReason): FlushChoice {
  const deliveries = takeFirst(from, settings.flush);
  const areMore = reason === 'urgent' ? from.length >= knownMax : beyond.deliveries > 0;
  const takesMore = deliveries.length === from.length && areMore;
  return { deliveries, reason, most: takesMore ? settings.flush : null };
}

/** When time alone makes a flush due; null if only news can. */
export function findFlushTime(state: QueueState): number | null {
  const [oldest] = state.waiting;
  if (oldest === undefined || state.mode === 'paused' || !hasRoom(state)) return null;
  const { ageMs, everyMs } = state.settings.flush;
  const byAge = oldest.at + ageMs;
  return everyMs === null ? byAge : Math.min(byAge, findBoundary(oldest, everyMs));
}

const hasRoom = ({ open, settings }: QueueState): boolean =>
  open.length < openMax &&
  open.filter(({ isUrgent, failure }) => !isUrgent && failure === null).length < settings.concurrency;

function findReason(state: QueueState, now: number): FlushReason | null {
  const { waiting, beyond, mode, flushUntil, settings } = state;
  const { items, bytes } = sumDeliveries([...waiting, beyond]);
  const [oldest] = waiting;
  if (mode === 'draining') return 'asked';
  if (items >= settings.flush.items) return 'items';
  if (bytes >= settings.flush.bytes) return 'bytes';
  if (oldest === undefined) return null;
  if (flushUntil !== null && oldest.at <= flushUntil) return 'asked';
  const { ageMs, everyMs } = settings.flush;
  if (everyMs !== null && now >= findBoundary(oldest, everyMs)) return 'schedule';
  return now >= oldest.at + ageMs ? 'age' : null;
}

/** The first multiple of the time after the delivery came. */
const findBoundary = ({ at }: Delivery, everyMs: number): number => (Math.floor(at / everyMs) + 1) * everyMs;

/** The first ones that fit; at least one, however large it is. */
export function takeFirst(
  deliveries: readonly Delivery[],
  most: Pick<FlushPolicy, 'items' | 'bytes'>,
): readonly Delivery[] {
  let [items, bytes, count] = [0, 0, 0];
  for (const delivery of deliveries.slice(0, takenMax)) {
    items += delivery.items;
    bytes += delivery.bytes;
    if (count > 0 && (items > most.items || bytes > most.bytes)) break;
    count += 1;
  }
  return deliveries.slice(0, count);
}
