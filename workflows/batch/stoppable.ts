// Runs an activity that stops when something else becomes more urgent: a pause, a deadline, a cancellation.

import { CancellationScope, condition } from '@temporalio/workflow';

export type Called<T> =
  | { readonly kind: 'done'; readonly value: T }
  /** The call failed for good. */
  | { readonly kind: 'failed'; readonly fault: string }
  /** The call was stopped, or a person is needed first: the machine decides again. */
  | { readonly kind: 'stopped' };

export type Stoppable<T> =
  | { readonly kind: 'done'; readonly value: T }
  /** `isStopped` if the activity was asked to stop: its last attempt may then have ended with any failure. */
  | { readonly kind: 'failed'; readonly error: unknown; readonly isStopped: boolean };

export async function runUntilStopped<T>(mustStop: () => boolean, work: () => Promise<T>): Promise<Stoppable<T>> {
  const scope = new CancellationScope();
  let isOver = false;
  condition(() => isOver || mustStop())
    .then(() => (isOver ? undefined : scope.cancel()))
    .catch(() => undefined);
  try {
    return { kind: 'done', value: await scope.run(work) };
  } catch (error) {
    return { kind: 'failed', error, isStopped: scope.consideredCancelled };
  } finally {
    isOver = true;
  }
}
