// Which run of a job's id is meant where results are asked for: the newest one, unless it ended without any. Then it is the newest run that
// has results, so that a failed start does not hide what an earlier run delivered.

import type { Client } from '@temporalio/client';
import { type ListedJob, listedJob } from '../job-list.ts';

/** A run of a job's id: ids may be used again. */
export interface JobRun extends ListedJob {
  readonly runId: string;
}

export interface ChosenRun {
  readonly run: JobRun;
  /** The newest run, if it is not the chosen one because it ended without results. */
  readonly passedOver: JobRun | null;
}

/** More runs of one id are not searched. */
const runsMax = 1000;

export async function chooseRun(client: Client, id: string): Promise<ChosenRun> {
  const description = await client.workflow.getHandle(id).describe();
  const newest = { ...listedJob(description), runId: description.runId };
  if (newest.state === 'running' || newest.results !== null) return { run: newest, passedOver: null };
  const earlier = await findResults(client, id);
  return earlier === null ? { run: newest, passedOver: null } : { run: earlier, passedOver: newest };
}

async function findResults(client: Client, id: string): Promise<JobRun | null> {
  const query = `WorkflowId = ${quote(id)} AND WorkflowType = "processDataset" AND ExecutionStatus != "Running"`;
  let found: JobRun | null = null;
  let seen = 0;
  for await (const info of client.workflow.list({ query, pageSize: 100 })) {
    const run = { ...listedJob(info), runId: info.runId };
    // Times of one format are in order as texts.
    if (run.results !== null && (found === null || run.startedAt > found.startedAt)) found = run;
    seen += 1;
    if (seen === runsMax) break;
  }
  return found;
}

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
