// Calls that fail again and again, as the server knows them: the activities that a job, its segments and its batches are retrying. Needs no
// worker.

import type { Client, WorkflowExecutionDescription } from '@temporalio/client';

export interface FailingCall {
  /** The failure's own words. */
  readonly fault: string;
  /** When the call was made first; null if the server does not say. */
  readonly since: string | null;
  readonly attempts: number;
  /** The workflow whose call it is. */
  readonly workflow: string;
}

type Described = Pick<WorkflowExecutionDescription, 'raw'>;
type Pending = NonNullable<Described['raw']['pendingActivities']>[number];

/** A fault of the provider meets all batches, so the first ones are enough. */
const childrenMax = 20;
/** Of a workflow's history, from its end: the call that fails is among the last events. */
const eventsMax = 30;

/** The call that was tried most often; null if none fails. */
export async function findFailingCall(client: Client, id: string, job: Described): Promise<FailingCall | null> {
  const found = await listFailing(client, id, job, 1);
  const [worst] = found.toSorted((a, b) => attemptsOf(b.call) - attemptsOf(a.call));
  if (worst === undefined) return null;
  const { call, workflow } = worst;
  const since = await findFirstTime(client, workflow, call.activityId ?? '').catch(() => null);
  return { fault: describeCall(call), since, attempts: attemptsOf(call), workflow };
}

interface Found {
  readonly workflow: string;
  readonly call: Pending;
}

async function listFailing(client: Client, workflow: string, { raw }: Described, depth: number): Promise<Found[]> {
  const own = (raw.pendingActivities ?? []).filter(isFailing).map((call) => ({ workflow, call }));
  const children = (raw.pendingChildren ?? []).slice(0, childrenMax).flatMap(({ workflowId }) => workflowId ?? []);
  const lists = await Promise.all(
    children.map(async (id) => {
      try {
        const child = await client.workflow.getHandle(id).describe();
        return depth < 2 ? await listFailing(client, id, child, depth + 1) : [];
      } catch {
        // It has just ended.
        return [];
      }
    }),
  );
  return [...own, ...lists.flat()];
}

const attemptsOf = ({ attempt }: Pending): number => attempt ?? 1;

/** An attempt that only waits for something, such as a file that another one writes, is not a failure. */
const isFailing = (call: Pending): boolean =>
  attemptsOf(call) > 1 && call.lastFailure != null && call.lastFailure.applicationFailureInfo?.type !== 'try_again';

const describeCall = ({ lastFailure, activityType }: Pending): string =>
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
