// Whether failed calls mean that the provider cannot be reached, has no rate left, or that single items fail; and when it is tried again. Pure.

import { type Fault, faultDelayMs } from '../batch/backoff.ts';
import { realtimeAttemptsMax } from '../limits.ts';

/** These faults say nothing about the item of the failed call: every call may fail in the same way. */
const transportFaults: ReadonlySet<Fault> = new Set([
  'connection',
  'timeout',
  'gateway_timeout',
  'broken_stream',
  'server_error',
  'overloaded',
]);

export const isTransportFault = (fault: Fault): boolean => transportFaults.has(fault);

/** From so many such failures in a row on, of different items and without any reply in between, the items are not to blame. */
const suspectsMax = 4;

export const isUnreachable = (suspects: number): boolean => suspects >= suspectsMax;

/**
 * Whether a failed probe counts against its item. Each probe takes another of the items that are left, so an item is given up only if each of
 * them was probed as often as an item may be tried: items that always make the provider fail do not hold up the lane for ever.
 */
export function countsAgainstItem(fault: Fault, probe: number, itemsLeft: number): boolean {
  return fault !== 'connection' && probe >= (realtimeAttemptsMax - 1) * itemsLeft;
}

const firstProbeMs = 30_000;
const probeMaxMs = 5 * 60_000;

/** The wait before the next probe, after so many failed ones: from 30 s up to 5 min. */
export const probeDelayMs = (probes: number): number => Math.min(probeMaxMs, firstProbeMs * 2 ** Math.min(probes, 10));

/** An item that is refused although so many others were answered since is refused for itself, e.g. because it alone is over a limit. */
const othersMin = 20;
/** The last item has no others to compare it with. */
const limitedTriesMax = 40;
const limitedWaitMs = 60_000;

/**
 * Whether an item that failed so often is given up. While others use up the rate of the account, every item is refused, and none is given
 * up for it. `answersSince` is the number of answers to other items since its first try.
 */
export function mustGiveUp(fault: Fault, tries: number, answersSince: number): boolean {
  if (fault !== 'rate_limited') return tries >= realtimeAttemptsMax;
  return tries >= limitedTriesMax || (tries >= realtimeAttemptsMax && answersSince >= othersMin);
}

/** A call waits for seconds where a batch would wait for minutes, unless the provider asks for more, or refuses it again and again. */
export function computeRetryWait(fault: Fault, tries: number, retryAfterMs: number | null): number {
  const isStuck = fault === 'rate_limited' && tries >= realtimeAttemptsMax;
  const ownMs = isStuck ? limitedWaitMs : Math.min(20_000, faultDelayMs(fault, tries, null) / 30);
  return tries === 1 ? (retryAfterMs ?? ownMs) : Math.max(retryAfterMs ?? 0, ownMs);
}
