// One clock for the Temporal server, the activities and the emulator, so that time skipped by one has passed for all.

import { activityInfo } from '@temporalio/activity';
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker';
import type { createControl } from '../../emulator/server/control.ts';

/**
 * The server's time is the only one: before each activity the emulator's clock is set to when the attempt was scheduled, and continues from
 * there. It never goes back.
 */
export function sharedClock(control: Pick<ReturnType<typeof createControl>, 'clock'>): {
  now: () => number;
  elapsed: () => number;
  wait: (ms: number, signal: AbortSignal) => Promise<void>;
  interceptor: ActivityInboundCallsInterceptor;
} {
  let aheadMs = 0;
  const now = (): number => Date.now() + aheadMs;
  return {
    now,
    elapsed: () => performance.now() + aheadMs,
    /** No time passes for the server: a workflow's deadline does not come while an activity waits. */
    wait: async (ms, signal) => {
      if (signal.aborted) return;
      aheadMs += ms;
      await control.clock({ nowMs: now() });
    },
    interceptor: {
      execute: async (input, next) => {
        const behindMs = activityInfo().currentAttemptScheduledTimestampMs - now();
        if (behindMs > 0) {
          aheadMs += behindMs;
          await control.clock({ nowMs: now() });
        }
        return next(input);
      },
    },
  };
}
