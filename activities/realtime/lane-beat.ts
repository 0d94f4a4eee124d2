// The heartbeat of a realtime attempt. If this process stood still for so long that the server may have started another attempt, no further
// call is made: each of them could be made, and paid, twice.

import { heartbeat } from '@temporalio/activity';

/** The workflow asks for a stop by a cancellation, which a heartbeat's reply brings. */
const beatMs = 500;

export interface LaneBeat {
  /** Aborted after such a standstill. The workflow asks for the rest of the chunk again. */
  readonly stoodStill: AbortSignal;
  end(): void;
}

/** `timeoutMs` is the time without a heartbeat after which the server starts another attempt. */
export function startLaneBeat(timeoutMs: number): LaneBeat {
  const standstill = new AbortController();
  let beatAt = readTimes();
  const timer = setInterval(
    () => {
      const now = readTimes();
      // Monotonic time stops while a machine sleeps; the worker's clock does not.
      const passedMs = Math.max(now.elapsed - beatAt.elapsed, now.clock - beatAt.clock);
      if (passedMs > timeoutMs / 2) standstill.abort();
      beatAt = now;
      heartbeat();
    },
    Math.min(beatMs, timeoutMs / 3),
  );
  return { stoodStill: standstill.signal, end: () => clearInterval(timer) };
}

const readTimes = (): { readonly elapsed: number; readonly clock: number } => ({
  elapsed: performance.now(),
  clock: Date.now(),
});
