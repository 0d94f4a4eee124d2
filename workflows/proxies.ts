// Every activity as workflows call it: its time limits, its retries and its line in the event list. Each group is named by what it bounds.

import type { ActivityOptions } from '@temporalio/common';
import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { Timing } from '../domain/job.ts';

/** Retries without a limit: an activity marks failures that no retry can help. */
const retryForever = { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '2m' } as const;

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const laneHeartbeatMs = 15_000;

/**
 * A short call that somebody waits for: tried again at least every 30 seconds. If the workflow is cancelled, a running try is awaited, because
 * it may have claimed something.
 */
export const promptCall = (summary: string) =>
  proxyActivities<Activities>({
    startToCloseTimeout: 2 * minuteMs,
    retry: { ...retryForever, maximumInterval: '30s' },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    summary,
  });

/**
 * One call to the provider or the store. A worker's death is noticed only when the time of a try is over, so a try has only the time of two
 * calls. It is tried again until it succeeds, or until `untilMs`, when its answer is no longer needed.
 */
export const shortCall = (timing: Timing, summary: string, untilMs: number | null = null) =>
  proxyActivities<Activities>({
    startToCloseTimeout: 2 * timing.createCallMs + 10_000,
    retry: retryForever,
    ...limitTotal(untilMs),
    summary,
  });

/** A pass over whole files. It takes as long as it needs, but it must heartbeat. */
export const filePass = (timing: Timing, summary: string, untilMs: number | null = null) =>
  proxyActivities<Activities>({
    startToCloseTimeout: 24 * hourMs,
    heartbeatTimeout: timing.heartbeatMs,
    retry: retryForever,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    ...limitTotal(untilMs),
    summary,
  });

/**
 * Calls of the realtime lane. A worker's death is noticed sooner than in other passes, because the lane has a rate to keep: at `realtime.rpm`
 * it makes the calls of a minute in less than that.
 */
export const laneCalls = (timing: Timing, summary: string) =>
  filePass({ ...timing, heartbeatMs: Math.min(timing.heartbeatMs, laneHeartbeatMs) }, summary);

/** An upload of that many bytes. */
export const transfer = (timing: Timing, bytes: number, summary: string) =>
  proxyActivities<Activities>({
    // Ten minutes, and the time that the bytes need on the slowest supported line: 50 kB/s.
    startToCloseTimeout: 10 * minuteMs + bytes / 50,
    heartbeatTimeout: timing.heartbeatMs,
    retry: retryForever,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    summary,
  });

/**
 * A create. Two attempts never overlap: there is no heartbeat timeout that could give up a running attempt, and the call inside ends itself
 * before this limit. Half of the time is for the find before it. The limit is under a minute if the create sends no items, because a worker's
 * death is noticed only then.
 */
export const exclusiveCall = (timing: Timing, bytes: number, summary: string) =>
  proxyActivities<Activities>({
    startToCloseTimeout: 2 * timing.createCallMs + Math.ceil(bytes / 1000) + 5_000,
    retry: retryForever,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    summary,
  });

/** Clean-up: bounded in time and attempts, because nothing depends on it. */
export const bestEffort = (timing: Timing, summary: string) =>
  proxyActivities<Activities>({
    startToCloseTimeout: hourMs,
    scheduleToCloseTimeout: 2 * hourMs,
    heartbeatTimeout: Math.max(timing.heartbeatMs, minuteMs),
    retry: { ...retryForever, maximumAttempts: 3 },
    summary,
  });

const limitTotal = (untilMs: number | null): Pick<ActivityOptions, 'scheduleToCloseTimeout'> =>
  untilMs === null ? {} : { scheduleToCloseTimeout: Math.max(1000, untilMs - Date.now()) };
