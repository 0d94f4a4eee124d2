// The bounds of a batch's uncertain states, from the worker's settings as they were when the job opened.

import type { PollPolicy, Timing } from '../job.ts';
import { pollDelayMs } from './backoff.ts';
import type { BatchBounds } from './machine.ts';

/** A lost create is searched for after 1, 5 and 15 times the time that the provider's lists may take to settle. */
const findFactors = [1, 5, 15] as const;
/** Delays in a list: after so many, each list has reached its longest delay. */
const delaysMax = 64;
const uploadsMax = 6;

export function toBounds(timing: Timing, poll: PollPolicy): BatchBounds {
  const list = (delay: (index: number) => number): number[] =>
    Array.from({ length: delaysMax }, (_, index) => delay(index));
  return {
    findDelaysMs: findFactors.map((factor) => factor * timing.settleMs),
    notShownMs: timing.notShownMs,
    readAgainMs: timing.readAgainMs,
    notFoundMs: timing.notFoundMs,
    windowMs: timing.providerWindowMs,
    graceMs: timing.openGraceMs,
    cancelledMs: timing.cancelGraceMs,
    uploadAgainMs: 60_000,
    pollDelaysMs: list((polls) => pollDelayMs(polls, poll)),
    uploadsMax,
  };
}
