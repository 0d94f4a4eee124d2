// Waits for a provider's batch: a durable timer, one short look, a longer timer; asks it to end when it is too late.

import { condition } from '@temporalio/workflow';
import { pollDelayMs } from '../../domain/batch/backoff.ts';
import type { BatchHandle, BatchPhase, BatchView } from '../../domain/batch/state.ts';
import { formatDuration } from '../../domain/duration.ts';
import { looking } from '../proxies.ts';
import { type BatchRun, failureType, outOfTime, runThroughTrouble, toBatchRef } from './batch-run.ts';
import { graceMs } from './submit.ts';

export interface Polling {
  readonly handle: BatchHandle;
  polls: number;
  /** Looks since the pace was last reset. */
  pace: number;
  /** Tenths done that the coordinator has heard of; before the first look, nothing. */
  tenths: number;
  /** The phase that the coordinator has heard of. */
  phase: BatchPhase | null;
  /** Since when it was not found, in every look. */
  lostSince: number | null;
  cancelAskedAt: number | null;
  lastStatus: string;
}

export const newPolling = (handle: BatchHandle): Polling => ({
  handle,
  polls: 0,
  pace: 0,
  tenths: -1,
  phase: null,
  lostSince: null,
  cancelAskedAt: null,
  lastStatus: 'created',
});

/**
 * The batch's last view; null where it does not come to an end, or is gone: its items are in doubt. Only a cancelled job gives up at a
 * time of its own, seen or unseen; else the batch is given up by a look that saw it still open after all its time.
 */
export async function pollToEnd(
  life: BatchRun,
  state: Polling,
  giveUpAt: number | null = null,
): Promise<BatchView | null> {
  const lastAt = giveUpAt ?? state.handle.createdAt + life.input.job.timing.providerWindowMs + graceMs;
  for (;;) {
    await untilNextLook(life, state);
    const asked = Date.now();
    const seen = await pollOnce(life, state, giveUpAt);
    if (seen === 'gone') return null;
    if (seen !== 'unseen' && seen.phase === 'ended') return seen;
    if (asked >= lastAt && (seen !== 'unseen' || giveUpAt !== null)) return null;
    if (isLate(life, state)) await askToEnd(life, state, giveUpAt);
  }
}

async function untilNextLook(life: BatchRun, state: Polling): Promise<void> {
  const heard = life.nudges;
  const left = deadlineAt(life, state) - Date.now();
  const pace = pollDelayMs(state.pace, life.input.job.poll);
  const delay = state.cancelAskedAt === null ? Math.min(pace, Math.max(left, 1000)) : pace;
  const summary = `look ${state.polls + 1} at ${state.handle.id} (${state.lastStatus}) in ${formatDuration(delay)}`;
  await condition(() => life.nudges > heard || (life.endNow && state.cancelAskedAt === null), delay, { summary });
}

async function pollOnce(
  life: BatchRun,
  state: Polling,
  untilMs: number | null,
): Promise<BatchView | 'gone' | 'unseen'> {
  const { tellEvery } = life.input.job;
  const input = {
    ...toBatchRef(life),
    handle: state.handle,
    coordinator: life.coordinator,
    toldTenths: state.tenths,
    toldPhase: state.phase,
    tellEvery,
  };
  const proxy = looking(life.input.job.timing, `look at ${state.handle.id}`, untilMs);
  try {
    const result = await runThroughTrouble(life, state.handle.id, () => proxy.look(input), { untilMs });
    state.polls += 1;
    state.pace += 1;
    if (result === outOfTime) return 'unseen';
    state.lostSince = null;
    state.tenths = Math.max(state.tenths, result.tenths);
    state.phase = result.view.phase;
    state.lastStatus = result.view.status;
    return result.view;
  } catch (error) {
    const fault = failureType(error);
    if (fault !== 'not_found' && fault !== 'refused' && fault !== 'too_large') throw error;
    state.polls += 1;
    state.pace += 1;
    if (fault !== 'not_found') return 'unseen';
    // A batch just made may not be visible yet, and a key of another project sees none; one that stays away was deleted.
    state.lostSince ??= Date.now();
    return Date.now() - state.lostSince < lostAfterMs ? 'unseen' : 'gone';
  }
}

const lostAfterMs = 6 * 3_600_000;

const deadlineAt = (life: BatchRun, state: Polling): number => state.handle.createdAt + life.batchDeadlineMs;

const isLate = (life: BatchRun, state: Polling): boolean =>
  state.cancelAskedAt === null && (life.endNow || Date.now() >= deadlineAt(life, state));

/** Asked once; what the batch had finished is collected when it has come to its end. */
export async function askToEnd(life: BatchRun, state: Polling, untilMs: number | null): Promise<void> {
  state.cancelAskedAt = Date.now();
  state.pace = 0;
  const proxy = looking(life.input.job.timing, `cancel ${state.handle.id}`, untilMs);
  const { output } = life.input.job;
  try {
    await runThroughTrouble(life, state.handle.id, () => proxy.cancelBatch({ output, handle: state.handle }), {
      untilMs,
    });
  } catch (error) {
    // A provider that refuses to cancel decides nothing: the looks tell how the batch ends.
    if (failureType(error) === null) throw error;
  }
}
