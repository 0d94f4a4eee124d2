// Work beside the main line of a workflow, which ends when it is cancelled.

import { CancellationScope, isCancellation } from '@temporalio/workflow';

export function inBackground(work: () => Promise<void>): CancellationScope {
  const scope = new CancellationScope();
  scope.run(work).catch((error: unknown) => {
    if (!isCancellation(error)) throw error;
  });
  return scope;
}
