// One provider batch, from its planned file to its counted answers. It completes with a tally, also when it is cancelled: only if its time is
// over before everything is known does it end as cancelled. Then its job starts it again, or settles it at its own end.

import { CancellationScope } from '@temporalio/workflow';
import type { Tally } from '../../domain/outcome/outcome.ts';
import { BatchDriver, type CarriedBatch } from './batch-driver.ts';
import { type BatchInput, BatchRun, logTally } from './batch-run.ts';

/** Guarantees that no item is sent twice and that every answer is collected, in every way that a batch can end. */
export async function processBatch(input: BatchInput, carried: CarriedBatch | null = null): Promise<Tally> {
  const run = new BatchRun(input);
  const driver = new BatchDriver(run, carried);
  run.onSignal = (event) => driver.report(event);
  CancellationScope.current().cancelRequested.catch(() => driver.report({ kind: 'cancelled', endBy: null }));
  return logTally(await CancellationScope.nonCancellable(() => driver.drive()));
}
