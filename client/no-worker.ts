// Whoever waits is told when nothing can come: no worker polls the task queue.

import type { Context } from './cli/context.ts';
import { ownCommand, workerCommand } from './cli/own-command.ts';
import type { Nightshift } from './nightshift.ts';

const lookEveryMs = 4000;

/** Told once for each time that the workers are gone; called back by `stop`. */
export function warnWithoutWorker(
  jobs: Nightshift,
  taskQueue: string,
  say: (text: string) => void,
): { readonly stop: () => void } {
  let told = false;
  const look = async (): Promise<void> => {
    const gone = (await jobs.workers(taskQueue)).length === 0;
    if (gone && !told) say(`no worker polls task queue ${taskQueue}: ${workerCommand}`);
    told = gone;
  };
  // Temporal being gone for a moment is said by whatever is waited for.
  const timer = setInterval(() => void look().catch(() => undefined), lookEveryMs);
  return { stop: () => clearInterval(timer) };
}

/** Waits for an answer of a worker. */
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

/** The same for what only the worker of a job can answer. Of a job that is not there, Temporal says so without one. */
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
    `${id} has ended (${state}) and cannot be changed: a new job with \`reuse\` asks again for what failed, see \`${ownCommand(`report ${id}`)}\``,
  );
}
