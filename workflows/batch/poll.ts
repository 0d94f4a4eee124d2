// Waits for a provider's batch: a durable timer, one short poll, a longer timer. Asks the batch to end if it is late.

import { condition } from '@temporalio/workflow';
import { pollDelayMs } from '../../domain/batch/backoff.ts';
import type { BatchHandle, BatchPhase, BatchView } from '../../domain/batch/state.ts';
import { formatDuration } from '../../domain/duration.ts';
import { shortCall } from '../proxies.ts';
import type { BatchRun } from './batch-run.ts';
import { graceMs } from './submit.ts';
import { outOfTime, readFailureType, runThroughTrouble } from './trouble.ts';

export interface Polling {
  readonly handle: BatchHandle;
  polls: number;
  /** Polls since the delay was last reset. */
  pace: number;
  /** Tenths done that the coordinator knows of; -1 before the first poll. */
  tenths: number;
  /** The phase that the coordinator knows of. */
  phase: BatchPhase | null;
  /** Since when no poll has found the batch. */
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

/** A batch that no poll has found for so long was deleted. */
const lostAfterMs = 6 * 3_600_000;

/**
 * The batch's last view; null if it does not end or is gone, so that its items are in doubt. Without `giveUpAt`, the batch is given up only
 * by a poll that saw it still open after all its time. A cancelled job gives up at `giveUpAt`, whether a poll saw the batch or not.
 */
export async function pollToEnd(
  run: BatchRun,
  polling: Polling,
  giveUpAt: number | null = null,
): Promise<BatchView | null> {
  const lastAt = giveUpAt ?? polling.handle.createdAt + run.input.job.timing.providerWindowMs + graceMs;
  for (;;) {
    await waitForNextPoll(run, polling);
    const polledAt = Date.now();
    const seen = await pollOnce(run, polling, giveUpAt);
    if (seen === 'gone') return null;
    if (seen !== 'unseen' && seen.phase === 'ended') return seen;
    if (polledAt >= lastAt && (seen !== 'unseen' || giveUpAt !== null)) return null;
    if (isLate(run, polling)) await askToEnd(run, polling, giveUpAt);
  }
}

async function waitForNextPoll(run: BatchRun, polling: Polling): Promise<void> {
  const { nudges } = run;
  const leftMs = computeDeadline(run, polling) - Date.now();
  const pacedMs = pollDelayMs(polling.pace, run.input.job.poll);
  const delayMs = polling.cancelAskedAt === null ? Math.min(pacedMs, Math.max(leftMs, 1000)) : pacedMs;
  const summary = `poll ${polling.polls + 1} of ${polling.handle.id} (${polling.lastStatus}) in ${formatDuration(delayMs)}`;
  const isDue = (): boolean => run.nudges > nudges || (run.endNow && polling.cancelAskedAt === null);
  await condition(isDue, delayMs, { summary });
}

async function pollOnce(
  run: BatchRun,
  polling: Polling,
  untilMs: number | null,
): Promise<BatchView | 'gone' | 'unseen'> {
  const { handle } = polling;
  const { timing, tellEvery } = run.input.job;
  const { coordinator } = run;
  const told = { toldTenths: polling.tenths, toldPhase: polling.phase };
  const input = { ...run.ref, handle, coordinator, ...told, tellEvery };
  const proxy = shortCall(timing, `poll ${handle.id}`, untilMs);
  try {
    const result = await runThroughTrouble(run, handle.id, () => proxy.look(input), { untilMs });
    countPoll(polling);
    if (result === outOfTime) return 'unseen';
    polling.lostSince = null;
    polling.tenths = Math.max(polling.tenths, result.tenths);
    polling.phase = result.view.phase;
    polling.lastStatus = result.view.status;
    return result.view;
  } catch (error) {
    return reactToFailedPoll(polling, error);
  }
}

function reactToFailedPoll(polling: Polling, error: unknown): 'gone' | 'unseen' {
  const fault = readFailureType(error);
  if (fault !== 'not_found' && fault !== 'refused' && fault !== 'too_large') throw error;
  countPoll(polling);
  if (fault !== 'not_found') return 'unseen';
  // A new batch may not be visible yet, and another project's key sees none: only a long absence proves that the batch was deleted.
  polling.lostSince ??= Date.now();
  return Date.now() - polling.lostSince < lostAfterMs ? 'unseen' : 'gone';
}

function countPoll(polling: Polling): void {
  polling.polls += 1;
  polling.pace += 1;
}

const computeDeadline = (run: BatchRun, { handle }: Polling): number => handle.createdAt + run.batchDeadlineMs;

const isLate = (run: BatchRun, polling: Polling): boolean =>
  polling.cancelAskedAt === null && (run.endNow || Date.now() >= computeDeadline(run, polling));

/** Asks the provider once to cancel the batch. The answers that it had finished are collected when it has ended. */
export async function askToEnd(run: BatchRun, polling: Polling, untilMs: number | null): Promise<void> {
  polling.cancelAskedAt = Date.now();
  polling.pace = 0;
  const { handle } = polling;
  const { output, timing } = run.input.job;
  const proxy = shortCall(timing, `cancel ${handle.id}`, untilMs);
  try {
    await runThroughTrouble(run, handle.id, () => proxy.cancelBatch({ output, handle }), { untilMs });
  } catch (error) {
    // A provider that refuses to cancel decides nothing: the polls show how the batch ends.
    if (readFailureType(error) === null) throw error;
  }
}
