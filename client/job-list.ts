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
  readonly limit?: number;
}

/** A job that continued as new is listed by its last run. */
const jobs = 'WorkflowType = "processDataset" AND ExecutionStatus != "ContinuedAsNew"';

export async function* listJobs(
  client: Client,
  { active = false, limit = Number.POSITIVE_INFINITY }: ListOptions = {},
): AsyncGenerator<ListedJob> {
  const queries = [`${jobs} AND ExecutionStatus = "Running"`];
  if (!active) queries.push(`${jobs} AND ExecutionStatus != "Running"`);
  let left = limit;
  for (const query of queries) {
    if (left <= 0) return;
    for await (const info of client.workflow.list({ query, pageSize: Math.min(left, 100) })) {
      yield listedJob(info);
      left -= 1;
      if (left <= 0) break;
    }
  }
}

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
  return {
    id: workflowId,
    state: states[status.name] ?? 'other',
    phase: attribute('NightshiftPhase'),
    provider: attribute('NightshiftProvider'),
    model: attribute('NightshiftModel'),
    startedAt: startTime.toISOString(),
    endedAt: closeTime?.toISOString() ?? null,
    verdict: text('verdict'),
    answered: number('answered'),
    failed: number('failed'),
    costUsd: number('costUsd'),
    results: text('results'),
  };
}

const asText = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const asNumber = (value: unknown): number | null => (typeof value === 'number' ? value : null);
