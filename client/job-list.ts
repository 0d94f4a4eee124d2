// Jobs as Temporal lists them, running ones first, with their search attributes and memos.

import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';

export interface ListedJob {
  readonly id: string;
  readonly state: 'running' | 'completed' | 'failed' | 'cancelled' | 'terminated' | 'timed_out' | 'other';
  /** Null if the search attributes are not registered; `nightshift doctor` shows it. The same holds for the next two. */
  readonly phase: string | null;
  readonly provider: string | null;
  readonly model: string | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
  /** The share of the rows that is done, in steps of a twentieth; null before the first step, and of a job that has ended. */
  readonly progress: number | null;
  /** Null if the job ended without a report. The same holds for the rest. */
  readonly verdict: string | null;
  readonly answered: number | null;
  readonly failed: number | null;
  readonly costUsd: number | null;
  readonly results: string | null;
}

export interface ListOptions {
  /** Only jobs that have not ended. */
  readonly active?: boolean;
  /** Only jobs that failed, were terminated or timed out, or that ended with failed rows. */
  readonly failed?: boolean;
  /** Only jobs that were started at or after this. */
  readonly since?: Date;
  readonly limit?: number;
  /** Only jobs whose ids begin with this. */
  readonly idPrefix?: string;
}

/** A job that continued as new is listed by its last run. */
const jobs = 'WorkflowType = "processDataset" AND ExecutionStatus != "ContinuedAsNew"';

export async function* listJobs(
  client: Client,
  { active = false, failed = false, since, limit = Number.POSITIVE_INFINITY, idPrefix }: ListOptions = {},
): AsyncGenerator<ListedJob> {
  const filters = [
    jobs,
    ...(since === undefined ? [] : [`StartTime >= "${since.toISOString()}"`]),
    ...(idPrefix === undefined ? [] : [`WorkflowId STARTS_WITH "${idPrefix}"`]),
  ];
  const all = filters.join(' AND ');
  const queries = [
    ...(failed ? [] : [`${all} AND ExecutionStatus = "Running"`]),
    ...(active ? [] : [`${all} AND ExecutionStatus != "Running"`]),
  ];
  let left = limit;
  for (const query of queries) {
    if (left <= 0) return;
    // A filter may skip most of a page.
    for await (const info of client.workflow.list({ query, pageSize: failed ? 100 : Math.min(left, 100) })) {
      const job = listedJob(info);
      // The memo, which counts the failed rows, cannot be searched.
      if (failed && !hasFailed(job)) continue;
      yield job;
      left -= 1;
      if (left <= 0) break;
    }
  }
}

/** Also in part. A job that somebody cancelled has done what it was asked for. */
const hasFailed = ({ state, failed }: ListedJob): boolean =>
  state === 'failed' || state === 'terminated' || state === 'timed_out' || (state === 'completed' && (failed ?? 0) > 0);

const states: Readonly<Record<string, ListedJob['state']>> = {
  RUNNING: 'running',
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed_out',
};

type Described = Pick<
  WorkflowExecutionInfo,
  'workflowId' | 'status' | 'startTime' | 'closeTime' | 'memo' | 'typedSearchAttributes'
>;

export function listedJob({
  workflowId,
  status,
  startTime,
  closeTime,
  memo,
  typedSearchAttributes,
}: Described): ListedJob {
  const attribute = (name: string): string | null =>
    typedSearchAttributes.get(defineSearchAttributeKey(name, 'KEYWORD')) ?? null;
  const ended = memo?.nightshift;
  const said = (name: string): unknown =>
    typeof ended === 'object' && ended !== null ? Reflect.get(ended, name) : null;
  const text = (name: string): string | null => asText(said(name));
  const number = (name: string): number | null => asNumber(said(name));
  const phase = attribute('NightshiftPhase');
  const isRunning = status.name === 'RUNNING';
  return {
    id: workflowId,
    state: states[status.name] ?? 'other',
    phase: isRunning || phase === 'done' ? phase : null,
    provider: attribute('NightshiftProvider'),
    model: attribute('NightshiftModel'),
    startedAt: startTime.toISOString(),
    endedAt: closeTime?.toISOString() ?? null,
    progress: isRunning ? number('progress') : null,
    verdict: text('verdict'),
    answered: number('answered'),
    failed: number('failed'),
    costUsd: number('costUsd'),
    results: text('results'),
  };
}

const asText = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const asNumber = (value: unknown): number | null => (typeof value === 'number' ? value : null);
