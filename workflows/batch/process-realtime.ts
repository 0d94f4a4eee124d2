// A batch's worth of items through the synchronous API, one chunk at a time, so that pauses, cancellation and deadlines take effect.

import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import { realtimeChunkItems } from '../../domain/limits.ts';
import type { ItemReason, Tally } from '../../domain/outcome/outcome.ts';
import { InvariantBroken } from '../../domain/refusal.ts';
import { filePass } from '../proxies.ts';
import { type BatchInput, BatchRun, logTally } from './batch-run.ts';
import { outOfTime, runThroughTrouble } from './trouble.ts';

/** Guarantees that each item is asked at least once, and that only calls in flight at a crash are made twice. */
export async function processRealtime(input: BatchInput): Promise<Tally> {
  const run = new BatchRun(input);
  let missingReason: ItemReason = 'missing';
  try {
    if (await askAll(run)) missingReason = 'deadline';
  } catch (error) {
    if (!isCancellation(error)) throw error;
    missingReason = 'cancelled';
  }
  const tally = await CancellationScope.nonCancellable(() => classify(run, missingReason));
  return logTally(tally);
}

/** True if the deadline came first. */
async function askAll(run: BatchRun): Promise<boolean> {
  const { planned, job } = run.input;
  for (let from = 0; from < planned.items; from += realtimeChunkItems) {
    await condition(() => !run.paused || run.endNow);
    if (run.endNow) return true;
    const count = Math.min(realtimeChunkItems, planned.items - from);
    const proxy = filePass(job.timing, `ask items ${from + 1} to ${from + count} of ${planned.items}`);
    const asked = await runThroughTrouble(run, null, () => proxy.realtime({ ...run.ref, from, count }), {
      endNow: true,
    });
    if (asked === outOfTime) return true;
    if (planned.items > realtimeChunkItems) await run.notify('running', { done: from + count });
  }
  return false;
}

async function classify(run: BatchRun, notRunReason: ItemReason): Promise<Tally> {
  const { planned, job } = run.input;
  const result = await filePass(job.timing, `classify ${planned.items} items`).classify({
    ...run.ref,
    planned,
    batchId: null,
    ending: null,
    createdAt: run.startedAt,
    endedAt: Date.now(),
    polls: 0,
    cancelReason: 'cancelled',
    batches: [],
    isCreateUnknown: false,
    notRunReason,
    refusal: null,
    final: true,
    blamed: [],
  });
  if (result.kind !== 'tally') throw new InvariantBroken('a realtime batch has no tally');
  return result.tally;
}
