// The state of a batch at a given time: a pure function, so no timer runs and a clock can jump.
//   validating → in_progress → finalizing → completed | expired     validating → failed     in_progress → failed
//   any of the open ones → cancelling → cancelled
import type { BatchFault } from '../faults/batch-faults.ts';

export type Phase =
  | 'validating'
  | 'in_progress'
  | 'finalizing'
  | 'cancelling'
  | 'completed'
  | 'failed'
  | 'expired'
  | 'cancelled';
export interface Timeline {
  createdAtMs: number;
  windowMs: number;
  /** Null until the input has been read. */
  validatedAtMs: number | null;
  invalid: boolean;
  runMs: number;
  finalizeMs: number;
  cancelMs: number;
  cancelRequestedAtMs: number | null;
  endAs: 'completed' | 'expired' | 'cancelled' | 'failed';
  partial: number | undefined;
}

export type Hold = Pick<BatchFault, 'stuckIn' | 'neverEnd'>;
export interface Moment {
  phase: Phase;
  /** Share of the items executed by now. */
  share: number;
  inProgressAtMs: number | null;
  finalizingAtMs: number | null;
  cancellingAtMs: number | null;
  endedAtMs: number | null;
}

const partialDefault = 0.5;
const blank: Moment = {
  phase: 'validating',
  share: 0,
  inProgressAtMs: null,
  finalizingAtMs: null,
  cancellingAtMs: null,
  endedAtMs: null,
};

export const isTerminal = (phase: Phase): boolean =>
  phase === 'completed' || phase === 'failed' || phase === 'expired' || phase === 'cancelled';

export function momentAt(line: Timeline, hold: Hold, nowMs: number): Moment {
  if (line.cancelRequestedAtMs !== null) return cancelMoment(line, hold, line.cancelRequestedAtMs, nowMs);
  const { validatedAtMs } = line;
  if (validatedAtMs === null || nowMs < validatedAtMs || hold.stuckIn === 'validating') return blank;
  if (line.invalid) return { ...blank, phase: 'failed', endedAtMs: validatedAtMs };
  return runMoment(line, hold, validatedAtMs, nowMs);
}

function runMoment(line: Timeline, hold: Hold, validatedAtMs: number, nowMs: number): Moment {
  const held = hold.neverEnd === true || hold.stuckIn === 'in_progress';
  const deadlineMs = held ? Number.POSITIVE_INFINITY : line.createdAtMs + line.windowMs;
  const runEndMs = validatedAtMs + line.runMs;
  const stopMs = Math.min(runEndMs, deadlineMs);
  const cap = held || line.endAs !== 'completed' ? (line.partial ?? partialDefault) : 1;
  const share = cap * ranShare(validatedAtMs, line.runMs, Math.min(nowMs, stopMs));
  const running: Moment = { ...blank, phase: 'in_progress', share, inProgressAtMs: validatedAtMs };
  if (nowMs < stopMs || held) return running;
  const endAs = runEndMs > deadlineMs ? 'expired' : line.endAs;
  if (endAs === 'failed') return { ...running, phase: 'failed', endedAtMs: stopMs };
  if (endAs === 'cancelled') return cancelMoment({ ...line, partial: cap }, hold, stopMs, nowMs);
  const endedAtMs = stopMs + line.finalizeMs;
  const finalizing: Moment = { ...running, phase: 'finalizing', finalizingAtMs: stopMs };
  if (nowMs < endedAtMs || hold.stuckIn === 'finalizing') return finalizing;
  return { ...finalizing, phase: endAs, endedAtMs };
}

function cancelMoment(line: Timeline, hold: Hold, requestedAtMs: number, nowMs: number): Moment {
  const before =
    requestedAtMs <= (line.validatedAtMs ?? requestedAtMs)
      ? blank
      : runShareAt(line, requestedAtMs, line.validatedAtMs ?? requestedAtMs);
  const cancelling: Moment = { ...before, phase: 'cancelling', cancellingAtMs: requestedAtMs };
  const endedAtMs = requestedAtMs + line.cancelMs;
  if (nowMs < endedAtMs || hold.stuckIn === 'cancelling') return cancelling;
  return { ...cancelling, phase: 'cancelled', endedAtMs };
}

function runShareAt(line: Timeline, atMs: number, validatedAtMs: number): Moment {
  const cap = line.endAs === 'completed' ? 1 : (line.partial ?? partialDefault);
  const share = cap * ranShare(validatedAtMs, line.runMs, atMs);
  return { ...blank, share, inProgressAtMs: validatedAtMs };
}

function ranShare(fromMs: number, runMs: number, toMs: number): number {
  return runMs === 0 ? 1 : Math.min(1, Math.max(0, (toMs - fromMs) / runMs));
}
