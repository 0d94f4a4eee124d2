// What commands share: the connection to Temporal, made when a command first needs it, the settings of the environment,
// and waiting for a worker, with a warning while no worker polls the task queue.

import type { Nightshift } from '../nightshift.ts';
import type { Surroundings } from '../surroundings.ts';
import { describeSilence, listPollers } from '../worker-answer.ts';
import { exitCodes } from './exit-codes.ts';
import { ownCommand, startWorkerCommand } from './own-command.ts';
import { say } from './print.ts';

export interface Context extends Pick<Surroundings, 'dataRoot' | 'taskQueue'> {
  jobs(): Promise<Nightshift>;
}

const checkEveryMs = 4000;

/** A command that only shows something waits no longer for a worker's answer. */
export const answerMs = 3000;

export async function changeJob<Answer>(
  context: Context,
  id: string,
  change: (jobs: Nightshift) => Promise<Answer>,
): Promise<Answer> {
  const jobs = await context.jobs();
  const { taskQueue, state } = await jobs.describe(id);
  if (state === 'running') return awaitChange(jobs, taskQueue, change(jobs));
  throw new Error(
    `${id} has ended (${state}) and cannot be changed: a new job with \`reuse\` sends the failed items again, see \`${ownCommand(`report ${id}`)}\``,
  );
}

/** Waits until a worker has made the change, and says so if none answers. */
async function awaitChange<Answer>(jobs: Nightshift, taskQueue: string, change: Promise<Answer>): Promise<Answer> {
  const warn = async (): Promise<void> => {
    const silence = describeSilence(taskQueue, await listPollers(jobs.client, taskQueue), Date.now());
    say(`${silence}: ${startWorkerCommand(taskQueue)}; the change waits for a worker`);
  };
  const timer = setTimeout(() => void warn().catch(() => undefined), answerMs);
  try {
    return await change;
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for a worker's answer, and warns while there is no worker. */
async function awaitAnswer<Answer>(jobs: Nightshift, taskQueue: string, answer: Promise<Answer>): Promise<Answer> {
  const warning = warnWithoutWorker(jobs, taskQueue, say);
  try {
    return await answer;
  } finally {
    warning.stop();
  }
}

/** Asks a question that the worker answers. Ctrl-C cancels it, so that the worker removes what it has written. */
export async function askWorker<Answer>(
  jobs: Nightshift,
  taskQueue: string,
  ask: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const left = new AbortController();
  const leave = (): void => {
    process.exitCode = exitCodes.interrupted;
    left.abort();
  };
  process.once('SIGINT', leave);
  try {
    return await awaitAnswer(jobs, taskQueue, ask(left.signal));
  } finally {
    process.removeListener('SIGINT', leave);
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
    if (gone && !warned) say(`no worker polls task queue ${taskQueue}: ${startWorkerCommand(taskQueue)}`);
    warned = gone;
  };
  // If Temporal itself is unreachable, the call that is being waited for reports it.
  const timer = setInterval(() => void check().catch(() => undefined), checkEveryMs);
  return { stop: () => clearInterval(timer) };
}
