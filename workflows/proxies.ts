// Every activity as workflows call it: its time limits, its retries and its line in the event list. Each group is named by what it bounds.

import type { ActivityOptions } from '@temporalio/common';
import { ActivityCancellationType, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { type AccountQueueKind, nameAccountQueue } from '../domain/account-queue.ts';
import type { JobSettings, Timing } from '../domain/job.ts';

/** Retries without a limit: an activity marks failures that no retry can help. */
const retryForever = { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '2m' } as const;

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const laneHeartbeatMs = 15_000;

/** What a call to the provider must know of its job. */
type AccountJob = Pick<JobSettings, 'provider' | 'account' | 'timing'>;

/**
 * Calls to a provider go through the queues of the account, which have its rates. All other work is on the workflow's own queue, with two short
 * calls inside it: opening a job asks for its model, and classifying a batch deletes its upload.
 */
const onAccount = (job: AccountJob, kind: AccountQueueKind): Pick<ActivityOptions, 'taskQueue'> => ({
  taskQueue: nameAccountQueue(workflowInfo().taskQueue, job, kind),
});

/**
 * A short call that somebody waits for: tried again at least every 30 seconds. If the workflow is cancelled, a running try is awaited, because
 * it may have claimed something. It is tried until it succeeds, or for `limitMs`.
 */
export const promptCall = (summary: string, limitMs?: number) =>
  proxyActivities<Activities>({
    startToCloseTimeout: 2 * minuteMs,
    ...(limitMs === undefined ? {} : { scheduleToCloseTimeout: limitMs }),
    retry: { ...retryForever, maximumInterval: '30s' },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    summary,
  });

/**
 * A call for admission. It ends after some minutes, because the next declaration is newer anyway, and the dispatcher looks again by
 * itself.
 */
export const dispatchCall = (summary: string, limitMs = 10 * minuteMs) =>
  proxyActivities<Activities>({
    startToCloseTimeout: 30_000,
    scheduleToCloseTimeout: limitMs,
    retry: { ...retryForever, initialInterval: '200ms', maximumInterval: '30s' },
    summary,
  });

/**
 * One short step on the store. A worker's death is noticed only when the time of a try is over, so a try has only the time of two calls. It is
 * tried again until it succeeds, or until `untilMs`, when its answer is no longer needed.
 */
export const shortCall = (timing: Timing, summary: string, untilMs: number | null = null) =>
  proxyActivities<Activities>(limitShort(timing, summary, untilMs));

/** One call to the provider, with the limits of a short call. */
export const providerCall = (job: AccountJob, summary: string, untilMs: number | null = null) =>
  proxyActivities<Activities>({ ...limitShort(job.timing, summary, untilMs), ...onAccount(job, 'call') });

const limitShort = (timing: Timing, summary: string, untilMs: number | null): ActivityOptions => ({
  startToCloseTimeout: 2 * timing.createCallMs + 10_000,
  retry: retryForever,
  ...limitTotal(untilMs),
  summary,
});

/** A pass over whole files. It takes as long as it needs, but it must heartbeat. */
export const filePass = (timing: Timing, summary: string, untilMs: number | null = null) =>
  proxyActivities<Activities>(limitPass(timing, summary, untilMs));

/** A download of a batch's output, with the limits of a pass. */
export const collectPass = (job: AccountJob, summary: string, untilMs: number | null) =>
  proxyActivities<Activities>({ ...limitPass(job.timing, summary, untilMs), ...onAccount(job, 'call') });

/**
 * Calls of the realtime lane. A worker's death is noticed sooner than in other passes, because the lane has a rate to keep: at `realtime.rpm`
 * it makes the calls of a minute in less than that.
 */
export const laneCalls = (job: AccountJob, summary: string) => {
  const heartbeatMs = Math.min(job.timing.heartbeatMs, laneHeartbeatMs);
  return collectPass({ ...job, timing: { ...job.timing, heartbeatMs } }, summary, null);
};

const limitPass = (timing: Timing, summary: string, untilMs: number | null): ActivityOptions => ({
  startToCloseTimeout: 24 * hourMs,
  heartbeatTimeout: timing.heartbeatMs,
  retry: retryForever,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  ...limitTotal(untilMs),
  summary,
});

/** An upload of that many bytes. */
export const transfer = (job: AccountJob, bytes: number, summary: string) =>
  proxyActivities<Activities>({
    ...onAccount(job, 'call'),
    // Ten minutes, and the time that the bytes need on the slowest supported line: 50 kB/s.
    startToCloseTimeout: 10 * minuteMs + bytes / 50,
    heartbeatTimeout: job.timing.heartbeatMs,
    retry: retryForever,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    summary,
  });

/**
 * A create. Two attempts never overlap: there is no heartbeat timeout that could give up a running attempt, and the call inside ends itself
 * before this limit. Half of the time is for the find before it. The limit is under a minute if the create sends no items, because a worker's
 * death is noticed only then.
 */
export const exclusiveCall = (job: AccountJob, bytes: number, summary: string) =>
  proxyActivities<Activities>({
    ...onAccount(job, 'create'),
    startToCloseTimeout: 2 * job.timing.createCallMs + Math.ceil(bytes / 1000) + 5_000,
    retry: retryForever,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    summary,
  });

/** Clean-up: bounded in time and attempts, because nothing depends on it. */
export const bestEffort = (timing: Timing, summary: string) =>
  proxyActivities<Activities>(limitEffort(timing, summary));

/** Clean-up at the provider. */
export const providerCleanup = (job: AccountJob, summary: string) =>
  proxyActivities<Activities>({ ...limitEffort(job.timing, summary), ...onAccount(job, 'call') });

const limitEffort = (timing: Timing, summary: string): ActivityOptions => ({
  startToCloseTimeout: hourMs,
  scheduleToCloseTimeout: 2 * hourMs,
  heartbeatTimeout: Math.max(timing.heartbeatMs, minuteMs),
  retry: { ...retryForever, maximumAttempts: 3 },
  summary,
});

const limitTotal = (untilMs: number | null): Pick<ActivityOptions, 'scheduleToCloseTimeout'> =>
  untilMs === null ? {} : { scheduleToCloseTimeout: Math.max(1000, untilMs - Date.now()) };
