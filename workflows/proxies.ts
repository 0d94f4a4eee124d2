// Every activity as workflows see it: its time limits, its retries and the line it shows in the event list. All in one place.

import type { ActivityOptions } from '@temporalio/common';
import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { Timing } from '../domain/job.ts';

/** Retries go on until they work: what cannot work is marked so by the activity itself. */
const patient = { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '2m' } as const;

const callMs = 60_000;
const hourMs = 3_600_000;

/** Calls that only we are asked: short, repeated at will. */
const short: ActivityOptions = { startToCloseTimeout: callMs, retry: patient };

export const opening = (summary: string) =>
  proxyActivities<Activities>({
    ...short,
    startToCloseTimeout: 2 * callMs,
    retry: { ...patient, maximumInterval: '30s' },
    summary,
  });

/** Passes over whole files: as long as they need, but each sign of life within the heartbeat time. */
export const longWork = (timing: Timing, summary: string, untilMs: number | null = null) =>
  proxyActivities<Activities>({
    startToCloseTimeout: 24 * hourMs,
    heartbeatTimeout: timing.heartbeatMs,
    retry: patient,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    ...until(untilMs),
    summary,
  });

export const staging = (timing: Timing, bytes: number, summary: string) =>
  proxyActivities<Activities>({
    // 50 kB/s is the slowest line that is waited for.
    startToCloseTimeout: 10 * callMs + bytes / 50,
    heartbeatTimeout: timing.heartbeatMs,
    retry: patient,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    summary,
  });

/**
 * Creates never overlap: there is no heartbeat by which a living one could be given up, and the call inside ends itself before this
 * limit: half of it is for looking before. Under a minute where it sends no items: only then a worker's death is noticed.
 */
export const creating = (timing: Timing, bytes: number, summary: string) =>
  proxyActivities<Activities>({
    startToCloseTimeout: 2 * timing.createCallMs + Math.ceil(bytes / 1000) + 5_000,
    retry: patient,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    summary,
  });

/**
 * One call there and back. A worker's death is noticed when its time is over, so it is not longer than two calls need. Tried again
 * until it works, or until a time at which its answer is of no use any more.
 */
export const looking = (timing: Timing, summary: string, untilMs: number | null = null) =>
  proxyActivities<Activities>({
    ...short,
    startToCloseTimeout: 2 * timing.createCallMs + 10_000,
    ...until(untilMs),
    summary,
  });

const until = (untilMs: number | null): Pick<ActivityOptions, 'scheduleToCloseTimeout'> =>
  untilMs === null ? {} : { scheduleToCloseTimeout: Math.max(1000, untilMs - Date.now()) };

/** At the provider, while the job ends: bounded, since nothing depends on it. */
export const tidying = (timing: Timing, summary: string) =>
  proxyActivities<Activities>({
    startToCloseTimeout: hourMs,
    scheduleToCloseTimeout: 2 * hourMs,
    heartbeatTimeout: Math.max(timing.heartbeatMs, callMs),
    retry: { ...patient, maximumAttempts: 3 },
    summary,
  });
