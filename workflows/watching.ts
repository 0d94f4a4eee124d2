// Waits for a provider's batch: a durable timer, one short look, a longer timer; asks it to end when it is too late.

import { condition } from '@temporalio/workflow';
import { pollDelayMs } from '../domain/backoff.ts';
import type { BatchHandle, BatchPhase, BatchView } from '../domain/batch-state.ts';
import { formatDuration } from '../domain/duration.ts';
import { failureType, gaveUp, type Life, refOf, untroubled } from './life.ts';
import { looking } from './proxies.ts';
import { graceMs } from './submitting.ts';

export interface Watch {
  readonly handle: BatchHandle;
  polls: number;
  /** Looks since the pace was last reset. */
  pace: number;
  /** Tenths done that the coordinator has heard of; before the first look, nothing. */
  tenths: number;
  /** The phase that the coordinator has heard of. */
  phase: BatchPhase | null;
  cancelAskedAt: number | null;
  lastStatus: string;
}

export const newWatch = (handle: BatchHandle): Watch => ({
  handle,
  polls: 0,
  pace: 0,
  tenths: -1,
  phase: null,
  cancelAskedAt: null,
  lastStatus: 'created',
});

/** The batch's last view; null where it does not come to an end, or is gone: its items are in doubt. */
export async function watch(life: Life, state: Watch, giveUpAt: number | null = null): Promise<BatchView | null> {
  const lastAt = giveUpAt ?? state.handle.createdAt + life.input.job.timing.providerWindowMs + graceMs;
  for (;;) {
    await untilNextLook(life, state);
    const view = await lookOnce(life, state, lastAt);
    if (view === 'gone') return null;
    if (view !== null && view.phase === 'ended') return view;
    if (Date.now() >= lastAt) return null;
    if (isLate(life, state)) await askToEnd(life, state, lastAt);
  }
}

async function untilNextLook(life: Life, state: Watch): Promise<void> {
  const heard = life.nudges;
  const left = deadlineAt(life, state) - Date.now();
  const pace = pollDelayMs(state.pace, life.input.job.poll);
  const delay = state.cancelAskedAt === null ? Math.min(pace, Math.max(left, 1000)) : pace;
  const summary = `look ${state.polls + 1} at ${state.handle.id} (${state.lastStatus}) in ${formatDuration(delay)}`;
  await condition(() => life.nudges > heard || (life.endNow && state.cancelAskedAt === null), delay, { summary });
}

async function lookOnce(life: Life, state: Watch, lastAt: number): Promise<BatchView | 'gone' | null> {
  const { tellEvery } = life.input.job;
  const input = {
    ...refOf(life),
    handle: state.handle,
    coordinator: life.coordinator,
    toldTenths: state.tenths,
    toldPhase: state.phase,
    tellEvery,
  };
  const proxy = looking(life.input.job.timing, `look at ${state.handle.id}`, lastAt);
  try {
    const result = await untroubled(life, state.handle.id, () => proxy.look(input), { untilMs: lastAt });
    state.polls += 1;
    state.pace += 1;
    if (result === gaveUp) return null;
    state.tenths = Math.max(state.tenths, result.tenths);
    state.phase = result.view.phase;
    state.lastStatus = result.view.status;
    return result.view;
  } catch (error) {
    if (failureType(error) !== 'not_found') throw error;
    state.polls += 1;
    state.pace += 1;
    // A batch just made may not be visible yet; one that stays away was deleted by somebody.
    return state.polls < lookingsForLost ? null : 'gone';
  }
}

const lookingsForLost = 5;

const deadlineAt = (life: Life, state: Watch): number => state.handle.createdAt + life.batchDeadlineMs;

const isLate = (life: Life, state: Watch): boolean =>
  state.cancelAskedAt === null && (life.endNow || Date.now() >= deadlineAt(life, state));

/** Asked once; what the batch had finished is collected when it has come to its end. */
export async function askToEnd(life: Life, state: Watch, untilMs: number): Promise<void> {
  state.cancelAskedAt = Date.now();
  state.pace = 0;
  const proxy = looking(life.input.job.timing, `cancel ${state.handle.id}`, untilMs);
  const { output } = life.input.job;
  await untroubled(life, state.handle.id, () => proxy.cancelBatch({ output, handle: state.handle }), { untilMs });
}
