// Sends a batch's items through the synchronous API, one chunk at a time.

import { CancellationScope, continueAsNew } from '@temporalio/workflow';
import type { Allowance } from '../../domain/capacity/allowance.ts';
import type { ItemReason, Tally } from '../../domain/outcome/outcome.ts';
import { InvariantBroken } from '../../domain/refusal.ts';
import { filePass } from '../proxies.ts';
import { type BatchInput, BatchRun, logTally } from './batch-run.ts';
import { type CarriedChunks, RealtimeChunks } from './realtime-chunks.ts';

export interface RealtimeEnd {
  readonly tally: Tally;
  /** For the job's next realtime batch. */
  readonly allowance: Allowance;
}

/**
 * Guarantees that each item is asked at least once, and that only calls in flight at a crash are made twice. Always completes, cancelled or
 * not.
 */
export async function processRealtime(input: BatchInput, carried: CarriedChunks | null = null): Promise<RealtimeEnd> {
  const run = new BatchRun(input);
  const chunks = new RealtimeChunks(run, carried);
  CancellationScope.current().cancelRequested.catch(() => chunks.cancel());
  return CancellationScope.nonCancellable(async () => {
    const notRunReason = await chunks.askAll(() => continueRun(run, chunks.carry()));
    const tally = await classify(run, notRunReason, chunks.startedAt);
    return { tally: logTally(tally), allowance: chunks.allowance };
  });
}

function continueRun({ input, paused, turn, endNow }: BatchRun, carried: CarriedChunks): Promise<never> {
  return continueAsNew<typeof processRealtime>({ ...input, paused, turn, endNow }, carried);
}

async function classify(run: BatchRun, notRunReason: ItemReason, startedAt: number): Promise<Tally> {
  const { planned, job } = run.input;
  const result = await filePass(job.timing, `classify ${planned.items} items`).classify({
    ...run.ref,
    planned,
    batchId: null,
    ending: null,
    createdAt: startedAt,
    endedAt: Date.now(),
    polls: 0,
    cancelReason: 'cancelled',
    batches: [],
    isCreateUnknown: false,
    notRunReason: job.isNotApproved === true ? 'not_approved' : notRunReason,
    refusal: null,
    final: true,
    blamed: [],
  });
  if (result.kind !== 'tally') throw new InvariantBroken('a realtime batch has no tally');
  return result.tally;
}
