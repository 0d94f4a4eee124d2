// Runs a part of a wave: reads from disk which of its batches are not settled, and runs these. Also reads the part's result from disk, so that
// children that people cancel, terminate or reset cost time, but no rows.

import { CancellationScope } from '@temporalio/workflow';
import type { WavePart, WavePartRef } from '../activities/waves/read-part.ts';
import type { Timing } from '../domain/job.ts';
import { callWhenDue } from './alerting.ts';
import { DispatchGate, type DispatchJob } from './gate/dispatch-gate.ts';
import { shortCall } from './proxies.ts';
import { runWindow, type WindowOwner } from './window.ts';

export interface PartOwner extends WindowOwner {
  /** Null if the job finds out alone what the provider has room for. */
  readonly dispatchJob: DispatchJob | null;
  /** The part before its first batch is started. */
  recordPart(part: WavePart): void;
  /** The dispatcher has answered: why batches wait may have changed. */
  onWaits(): void;
}

/** In the result, some batches are still open if the owner drains, or if a child had no result after all its starts. */
export async function runPart(ref: WavePartRef, timing: Timing, owner: PartOwner): Promise<WavePart> {
  const before = await readPart(ref, timing);
  owner.recordPart(before);
  if (before.open.length === 0) return before;
  const { coordinator } = owner;
  const dispatched = owner.dispatchJob === null ? null : declarePart(owner, owner.dispatchJob, ref, before);
  // Time alone may make room for a batch, without any other event.
  const room = callWhenDue(
    () => coordinator.gate.findRoomAt(),
    () => coordinator.giveRoom(),
    { summary: 'see whether the provider has room', everyMs: 1_000 },
  );
  try {
    await runWindow(before.open, owner);
  } finally {
    room.cancel();
    await dispatched?.end();
  }
  // Cancelled batches end normally, and count.
  return CancellationScope.nonCancellable(() => readPart(ref, timing));
}

/** From now on, the batches of the part wait for grants of the dispatcher. */
function declarePart(owner: PartOwner, job: DispatchJob, { wave, at }: WavePartRef, { open }: WavePart) {
  const { coordinator } = owner;
  const gate = new DispatchGate(job, `${wave}/${at.batch}`, open);
  coordinator.gate = gate;
  gate.pause(coordinator.switches.paused);
  const onGrants = (): void => {
    coordinator.giveRoom();
    owner.onWaits();
  };
  const declaring = CancellationScope.nonCancellable(() => gate.keepDeclaring(onGrants));
  return {
    end: () =>
      CancellationScope.nonCancellable(async () => {
        await gate.close();
        await declaring;
        coordinator.gate = coordinator.capacity;
      }),
  };
}

export const readPart = (ref: WavePartRef, timing: Timing): Promise<WavePart> =>
  shortCall(timing, 'read the plan and its settled batches').readPart(ref);
