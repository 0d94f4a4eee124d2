// Calls that fail again and again, as the server knows them: the activities that a job, its segments and its batches are retrying.

import type { Client } from '@temporalio/client';
import type { PendingCall } from './pending-calls.ts';

export interface FailingCall {
  /** The failure's own words. */
  readonly fault: string;
  /** When the call was made first; null if the server does not say. */
  readonly since: string | null;
  readonly attempts: number;
  /** The workflow whose call it is. */
  readonly workflow: string;
}

type Call = PendingCall['call'];

/** Of a workflow's history, from its end: the call that fails is among the last events. */
const eventsMax = 30;

/** The call that was tried most often; null if none fails. */
export async function findFailingCall(client: Client, calls: readonly PendingCall[]): Promise<FailingCall | null> {
  const failing = calls.filter(({ call }) => isFailing(call));
  const [worst] = failing.toSorted((a, b) => attemptsOf(b.call) - attemptsOf(a.call));
  if (worst === undefined) return null;
  const { call, workflow } = worst;
  const since = await findFirstTime(client, workflow, call.activityId ?? '').catch(() => null);
  return { fault: describeCall(call), since, attempts: attemptsOf(call), workflow };
}

const attemptsOf = ({ attempt }: Call): number => attempt ?? 1;

/** An attempt that only waits for something, such as a file that another one writes, is not a failure. */
const isFailing = (call: Call): boolean =>
  attemptsOf(call) > 1 && call.lastFailure != null && call.lastFailure.applicationFailureInfo?.type !== 'try_again';

const describeCall = ({ lastFailure, activityType }: Call): string =>
  lastFailure?.cause?.message || lastFailure?.message || `${activityType?.name ?? 'a call'} fails`;

/** When the activity was scheduled. */
async function findFirstTime(client: Client, workflowId: string, activityId: string): Promise<string | null> {
  const { history } = await client.connection.workflowService.getWorkflowExecutionHistoryReverse({
    namespace: client.options.namespace,
    execution: { workflowId },
    maximumPageSize: eventsMax,
  });
  const scheduled = (history?.events ?? []).find(
    (event) => event.activityTaskScheduledEventAttributes?.activityId === activityId,
  );
  const seconds = scheduled?.eventTime?.seconds;
  return seconds == null ? null : new Date(Number(String(seconds)) * 1000).toISOString();
}
