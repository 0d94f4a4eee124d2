// A fault of the server that skips time: if a workflow cancels an activity that ended while the workflow's task was running, this server refuses
// the whole task, forgets it, and never skips time again (ACTIVITY_UNKNOWN; the real server ignores such a cancellation). Any test that cancels,
// pauses or has a deadline may meet it. It says nothing about what is tested, so such a test is run again on a fresh server.

import type { LogEntry } from '@temporalio/worker';

/** vitest.config.ts tests for this name: no other failure is run again. */
export class LostTask extends Error {
  override readonly name = 'LostTask';
  constructor() {
    super('LostTask: the server that skips time has forgotten a workflow task. Nothing is known of what was tested.');
  }
}

let loss = awaitLoss();
let isLost = false;

/** Nobody has to wait for it. */
function awaitLoss(): PromiseWithResolvers<never> {
  const awaited = Promise.withResolvers<never>();
  awaited.promise.catch(() => undefined);
  return awaited;
}

/** Reads what the SDK logs, and returns whether this line reports a lost task. */
export function noticeLostTask({ message, meta }: LogEntry): boolean {
  if (!`${message} ${JSON.stringify(meta ?? {})}`.includes('ACTIVITY_UNKNOWN')) return false;
  isLost = true;
  loss.reject(new LostTask());
  return true;
}

/** Throws `LostTask` as soon as a task is lost. */
export const orLostTask = <T>(work: Promise<T>): Promise<T> => Promise.race([work, loss.promise]);

/** Whether the server is to be replaced. The next server has lost nothing. */
export function takeLostTask(): boolean {
  if (!isLost) return false;
  isLost = false;
  loss = awaitLoss();
  return true;
}
