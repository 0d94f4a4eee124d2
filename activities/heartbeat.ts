// Heartbeats of long activities, so that Temporal can tell work from a dead worker. Also ends transfers whose bytes stopped.

import { cancellationSignal, heartbeat } from '@temporalio/activity';
import type { Timing } from '../domain/job.ts';
import type { Context } from '../providers/provider.ts';

/**
 * For the option `maxHeartbeatThrottleInterval` of a worker. The reply to a heartbeat tells an activity to stop; by default, a worker holds
 * heartbeats back for most of the heartbeat timeout.
 */
export const heartbeatThrottleMs = 1000;
/** A transfer that reports its bytes is dead after this many heartbeat intervals without one. */
const stalledAfter = 4;
const linesPerBeat = 5000;

/**
 * Heartbeats while work waits for its turn, or cannot report its progress. Only the activity's own timeout ends such work. Each heartbeat
 * carries `details`, which the next attempt can read.
 */
export async function heartbeating<T>(
  timing: Pick<Timing, 'heartbeatMs'>,
  work: (ctx: Context) => Promise<T>,
  details?: () => unknown,
): Promise<T> {
  const beat = setInterval(() => heartbeat(details?.()), timing.heartbeatMs / 3);
  try {
    return await work({ signal: cancellationSignal() });
  } finally {
    clearInterval(beat);
  }
}

/** Used inside `heartbeating`: aborts work whose bytes stop. The work calls `moved` for each piece that it sends or receives. */
export async function transfer<T>(
  timing: Pick<Timing, 'heartbeatMs'>,
  work: (ctx: Required<Context>) => Promise<T>,
): Promise<T> {
  const stalled = new AbortController();
  let movedAt = performance.now();
  const check = setInterval(() => {
    if (performance.now() - movedAt > stalledAfter * timing.heartbeatMs) {
      stalled.abort(new DOMException('stalled', 'TimeoutError'));
    }
  }, timing.heartbeatMs / 3);
  const moved = (): void => {
    movedAt = performance.now();
  };
  try {
    return await work({ signal: AbortSignal.any([cancellationSignal(), stalled.signal]), moved });
  } finally {
    clearInterval(check);
  }
}

/** For loops over lines, which keep timers from running: heartbeats now and then, and throws if the activity was cancelled. */
export function beatOnLine(line: number): void {
  if (line % linesPerBeat === 0) beat(line);
}

/** Heartbeats immediately, and throws if the activity was cancelled. */
function beat(progress: number): void {
  heartbeat(progress);
  cancellationSignal().throwIfAborted();
}
