// What commands share: the connection to Temporal, made when a command first needs it, the settings of the environment,
// and waiting for a worker, with a warning while no worker polls the task queue.

import type { Surroundings } from '../connection.ts';
import type { Nightshift } from '../nightshift.ts';
import { ownCommand, workerCommand } from './own-command.ts';

export interface Context extends Surroundings {
  jobs(): Promise<Nightshift>;
}

const checkEveryMs = 4000;

/** Queries a job's worker. If there is no such job, Temporal says so even without a worker. */
export async function askJob<Answer>(
  context: Context,
  id: string,
  ask: (jobs: Nightshift) => Promise<Answer>,
): Promise<Answer> {
  const jobs = await context.jobs();
  const { taskQueue } = await jobs.describe(id);
  return awaitAnswer(jobs, taskQueue, ask(jobs));
}

export async function changeJob<Answer>(
  context: Context,
  id: string,
  change: (jobs: Nightshift) => Promise<Answer>,
): Promise<Answer> {
  const jobs = await context.jobs();
  const { taskQueue, state } = await jobs.describe(id);
  if (state === 'running') return awaitAnswer(jobs, taskQueue, change(jobs));
  throw new Error(
    `${id} has ended (${state}) and cannot be changed: a new job with \`reuse\` sends the failed items again, see \`${ownCommand(`report ${id}`)}\``,
  );
}

/** Waits for a worker's answer, and warns while there is no worker. */
export async function awaitAnswer<Answer>(
  jobs: Nightshift,
  taskQueue: string,
  answer: Promise<Answer>,
): Promise<Answer> {
  const warning = warnWithoutWorker(jobs, taskQueue, console.error);
  try {
    return await answer;
  } finally {
    warning.stop();
  }
}

/** Warns once each time the last worker disappears. The caller ends the checks with `stop`. */
export function warnWithoutWorker(
  jobs: Nightshift,
  taskQueue: string,
  say: (text: string) => void,
): { readonly stop: () => void } {
  let warned = false;
  const check = async (): Promise<void> => {
    const gone = (await jobs.workers(taskQueue)).length === 0;
    if (gone && !warned) say(`no worker polls task queue ${taskQueue}: ${workerCommand}`);
    warned = gone;
  };
  // If Temporal itself is unreachable, the call that is being waited for reports it.
  const timer = setInterval(() => void check().catch(() => undefined), checkEveryMs);
  return { stop: () => clearInterval(timer) };
}
