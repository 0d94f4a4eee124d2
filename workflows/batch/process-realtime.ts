// A batch's worth of items through the synchronous API, a chunk at a time, so that pausing, cancelling and deadlines are heard.

import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import { realtimeChunkItems } from '../../domain/limits.ts';
import type { ItemReason, Tally } from '../../domain/outcome/outcome.ts';
import { longWork } from '../proxies.ts';
import {
  type BatchInput,
  type BatchRun,
  beginLife,
  counted,
  outOfTime,
  runThroughTrouble,
  tell,
  toBatchRef,
} from './batch-run.ts';

/** Guarantees that each item is asked for at least once and that only calls in flight at a crash are asked twice. */
export async function processRealtime(input: BatchInput): Promise<Tally> {
  const life = beginLife(input);
  let unasked: ItemReason = 'missing';
  try {
    if (await askAll(life)) unasked = 'deadline';
  } catch (error) {
    if (!isCancellation(error)) throw error;
    unasked = 'cancelled';
  }
  const tally = await CancellationScope.nonCancellable(() =>
    longWork(input.job.timing, `classify ${input.planned.items} items`).classify({
      ...toBatchRef(life),
      batchId: null,
      ending: null,
      createdAt: life.startedAt,
      endedAt: Date.now(),
      polls: 0,
      twinBatches: 0,
      cancelReason: 'cancelled',
      missingReason: unasked,
      blamed: [],
    }),
  );
  return counted(tally);
}

/** True where the deadline came first. */
async function askAll(life: BatchRun): Promise<boolean> {
  const { planned, job } = life.input;
  for (let from = 0; from < planned.items; from += realtimeChunkItems) {
    await condition(() => !life.paused || life.endNow);
    if (life.endNow) return true;
    const count = Math.min(realtimeChunkItems, planned.items - from);
    const proxy = longWork(job.timing, `ask for items ${from + 1} to ${from + count} of ${planned.items}`);
    const asked = await runThroughTrouble(life, null, () => proxy.realtime({ ...toBatchRef(life), from, count }), {
      endNow: true,
    });
    if (asked === outOfTime) return true;
    if (planned.items > realtimeChunkItems) await tell(life, 'running', null, undefined, from + count);
  }
  return false;
}
