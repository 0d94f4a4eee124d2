// What commands share: the connection to Temporal, made when a command first needs it, the settings of the environment,
// and waiting for a worker, with a warning while no worker answers.

import type { ListedJob } from '../job-list.ts';
import type { Nightshift } from '../nightshift.ts';
import { describeEnd } from '../overview/describe-end.ts';
import type { AskOptions } from '../questions.ts';
import type { Surroundings } from '../surroundings.ts';
import { explainNoAnswer, listPollers, NoWorkerAnswers } from '../worker-answer.ts';
import { exitCodes } from './exit-codes.ts';
import { describeFailure } from './failures.ts';
import { ownCommand, shellWord } from './own-command.ts';
import { say } from './print.ts';

export interface Context extends Pick<Surroundings, 'dataRoot' | 'taskQueue'> {
  jobs(): Promise<Nightshift>;
}

/** A command that only shows something waits no longer for a worker's answer. */
export const answerMs = 3000;

export async function changeJob<Answer>(
  context: Context,
  id: string,
  change: (jobs: Nightshift) => Promise<Answer>,
): Promise<Answer> {
  const jobs = await context.jobs();
  const job = await jobs.describe(id);
  if (job.state === 'running') return awaitChange(jobs, { id, taskQueue: job.taskQueue }, change(jobs));
  throw new Error(`${id} ${describeEnd(job.state)} and cannot be changed${suggestAfter(job)}`);
}

function suggestAfter({ id, results, failed }: ListedJob): string {
  if (results === null) return `: \`${ownCommand(`status ${shellWord(id)}`)}\` shows what to do next`;
  if (failed === 0) return '';
  return `: a new job with \`reuse\` sends the failed items again, see \`${ownCommand(`report ${shellWord(id)}`)}\``;
}

/** Waits until a worker has made the change, and says so if none answers. */
async function awaitChange<Answer>(
  { client }: Nightshift,
  { id, taskQueue }: { readonly id: string; readonly taskQueue: string },
  change: Promise<Answer>,
): Promise<Answer> {
  const warn = async (): Promise<void> => {
    const silence = new NoWorkerAnswers(taskQueue, await listPollers(client, taskQueue));
    say(`${describeFailure(await explainNoAnswer(client, id, silence))}; the change waits for a worker`);
  };
  const timer = setTimeout(() => void warn().catch(() => undefined), answerMs);
  try {
    return await change;
  } catch (error) {
    throw await explainNoAnswer(client, id, error);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks a question that the worker answers, and warns while none does. Ctrl-C cancels it, so that the worker removes what it has written. */
export async function askWorker<Answer>(
  ask: (options: Required<Pick<AskOptions, 'signal' | 'onSilence'>>) => Promise<Answer>,
): Promise<Answer> {
  const left = new AbortController();
  const leave = (): void => {
    process.exitCode = exitCodes.interrupted;
    left.abort();
  };
  process.once('SIGINT', leave);
  try {
    return await ask({ signal: left.signal, onSilence: (silence) => say(describeFailure(silence)) });
  } finally {
    process.removeListener('SIGINT', leave);
  }
}
