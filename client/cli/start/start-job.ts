// Starts a job after a worker has checked it: a job that would be refused leaves no failed run under its id. With `again`, it gets an id
// and an output that no run has.

import { WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { Job } from '../../index.ts';
import type { Nightshift } from '../../nightshift.ts';
import type { JobReference } from '../../starting/start-job.ts';
import { askWorker } from '../context.ts';
import { ownCommand, shellWord } from '../own-command.ts';
import { say } from '../print.ts';
import { describeCautions } from './cautions.ts';

export interface Start {
  readonly job: Job | JobReference;
  readonly id: string;
  readonly taskQueue: string;
}

/** A worker that does not answer within this time does not hold up a job: the job is checked when it begins. */
const answerMsMax = 15_000;
const againMax = 1000;

/** Throws if the job would be refused, or runs already. */
export async function checkStart(jobs: Nightshift, start: Start): Promise<void> {
  if ((await findState(jobs, start.id)) === 'running') {
    throw new Error(
      `${start.id} is running: watch it with \`${ownCommand(`watch ${shellWord(start.id)}`)}\`, or choose another id with --id`,
    );
  }
  try {
    await validate(jobs, start);
  } catch (error) {
    if (readRefusal(error) !== 'output_claimed') throw error;
    const { message } = (error as WorkflowFailedError).cause ?? {};
    throw new Error(
      `${message}\nthe results that are there: \`${ownCommand(`results ${shellWord(start.id)}`)}\`; to run it once more into a new folder, add --again`,
    );
  }
}

/** The first of `tickets`, `tickets-2`, `tickets-3` and so on that has neither a run nor an output. */
export async function findFreshStart(jobs: Nightshift, start: Start): Promise<Start> {
  for (let number = 1; number <= againMax; number += 1) {
    const next = numberStart(start, number);
    if ((await findState(jobs, next.id)) !== null) continue;
    try {
      await validate(jobs, next);
      return next;
    } catch (error) {
      if (!takenKinds.has(readRefusal(error))) throw error;
    }
  }
  throw new Error(`${start.id} has ${againMax} runs: choose another id with --id`);
}

const takenKinds: ReadonlySet<string | null> = new Set(['output_claimed', 'output_not_empty']);

function numberStart({ job, id, taskQueue }: Start, number: number): Start {
  if (number === 1) return { job, id, taskQueue };
  return { job: withOutput(job, (uri) => `${uri.replace(/\/+$/, '')}-${number}/`), id: `${id}-${number}`, taskQueue };
}

/** A default output follows the id. What a reference names cannot be changed from here. */
function withOutput(job: Job | JobReference, change: (uri: string) => string): Job | JobReference {
  if ('job' in job || job.output === undefined) return job;
  const output = typeof job.output === 'string' ? change(job.output) : { ...job.output, uri: change(job.output.uri) };
  return { ...job, output };
}

/** Null if there is no such job. */
async function findState(jobs: Nightshift, id: string): Promise<string | null> {
  try {
    return (await jobs.describe(id)).state;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

async function validate(jobs: Nightshift, { job, id, taskQueue }: Start): Promise<void> {
  // Without a worker, the job waits for one, and is checked then.
  if ((await jobs.workers(taskQueue)).length === 0) return;
  const timeout = AbortSignal.timeout(answerMsMax);
  try {
    const validity = await askWorker(({ signal, onSilence }) =>
      jobs.validate(job, { id, taskQueue, onSilence, signal: AbortSignal.any([signal, timeout]) }),
    );
    for (const line of describeCautions(validity)) say(line);
  } catch (error) {
    if (!timeout.aborted) throw error;
    say('no worker has checked the job within 15s: it is checked when it begins');
  }
}

/** The kind of a refusal; null for another error. */
function readRefusal(error: unknown): string | null {
  if (!(error instanceof WorkflowFailedError) || !(error.cause instanceof ApplicationFailure)) return null;
  return error.cause.type ?? null;
}
