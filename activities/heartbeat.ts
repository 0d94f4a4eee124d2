// Long work that can be told from dead work: it heartbeats while it waits and while it lives; a transfer whose bytes stop is aborted.

import { cancellationSignal, heartbeat } from '@temporalio/activity';
import type { Timing } from '../domain/job.ts';
import type { Context } from '../providers/provider.ts';

/** Without a byte for this many heartbeat times, a transfer that reports its bytes is dead. */
const stalledAfter = 4;

/**
 * For work that waits for its turn, or cannot tell how far it is: the activity's own time limit is what bounds it. What `details` gives
 * is what the next attempt is told.
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

/** Within `heartbeating`: aborts work whose bytes stop. */
export async function transfer<T>(
  timing: Pick<Timing, 'heartbeatMs'>,
  work: (ctx: Required<Context>) => Promise<T>,
): Promise<T> {
  const stalled = new AbortController();
  let movedAt = Date.now();
  const watch = setInterval(() => {
    if (Date.now() - movedAt > stalledAfter * timing.heartbeatMs) {
      stalled.abort(new DOMException('stalled', 'TimeoutError'));
    }
  }, timing.heartbeatMs / 3);
  const moved = (): void => {
    movedAt = Date.now();
  };
  try {
    return await work({ signal: AbortSignal.any([cancellationSignal(), stalled.signal]), moved });
  } finally {
    clearInterval(watch);
  }
}
