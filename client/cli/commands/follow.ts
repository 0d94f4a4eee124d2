// `nightshift watch <id>`: follows a job to its end. The exit code says how it ended.

import type { Command } from 'commander';
import type { Nightshift } from '../../nightshift.ts';
import { describeEnd } from '../../overview/describe-end.ts';
import { watchWorker } from '../../worker-answer.ts';
import type { Context } from '../context.ts';
import { chooseExitCode, exitCodes } from '../exit-codes.ts';
import { describeFailure } from '../failures.ts';
import { ownCommand, shellWord } from '../own-command.ts';
import { suggestRows } from '../print/rows-words.ts';
import { printDone, printText, say } from '../print.ts';
import { endLine } from '../print-job.ts';

export function addWatch(program: Command, context: Context): void {
  program
    .command('watch <id>')
    .summary('follow a running job')
    .description(
      'Follows a job to its end. Progress goes to standard error, the path of the results to standard output. If the job ' +
        'has already finished, prints its outcome immediately. Ctrl-C stops following; the job continues.',
    )
    .action(async (id: string) => {
      process.exitCode = await awaitEnd(await context.jobs(), id);
    });
}

export async function awaitEnd(jobs: Nightshift, id: string): Promise<number> {
  await follow(jobs, id);
  return reportEnd(jobs, id);
}

/** Shows a job's progress until it ends. Ctrl-C ends the command. */
export async function follow(jobs: Nightshift, id: string): Promise<void> {
  const { taskQueue, state } = await jobs.describe(id);
  if (state !== 'running') return;
  const { progressOn } = await import('../progress.ts');
  const progress = progressOn(process.stderr);
  const warning = watchWorker(jobs.client, taskQueue, id, (silence) => progress.say(describeFailure(silence)));
  const left = (): void => {
    progress.stop();
    say(
      `${id} continues: watch it with \`${ownCommand(`watch ${shellWord(id)}`)}\`, end it with \`${ownCommand(`cancel ${shellWord(id)}`)}\``,
    );
    process.exit(exitCodes.interrupted);
  };
  process.once('SIGINT', left);
  try {
    for await (const status of jobs.follow(id)) progress.show(status);
  } finally {
    process.removeListener('SIGINT', left);
    warning.stop();
    progress.stop();
  }
}

async function reportEnd(jobs: Nightshift, id: string): Promise<number> {
  try {
    const report = await jobs.result(id);
    say(endLine(report));
    const inDoubt = report.errorsByReason.in_doubt ?? 0;
    for (const line of suggestRows(id, report.rows.failed - inDoubt, inDoubt)) say(line);
    const { answered, failed } = report.rows;
    const { verdict, files } = report;
    say(`report: ${files.page}`);
    printText(files.results, { id, state: 'completed', verdict, answered, failed, results: files.results });
    return chooseExitCode({ state: 'completed', failed });
  } catch (error) {
    // Loaded with the connection, long before.
    const { CancelledFailure, WorkflowFailedError } = await import('@temporalio/client');
    if (!(error instanceof WorkflowFailedError)) throw error;
    if (error.cause instanceof CancelledFailure) return reportCancelled(jobs, id);
    const why = error.cause?.message ?? error.message;
    const { state } = await jobs.describe(id);
    printDone(`${id} ${describeEnd(state)}: ${why}`, { id, state, error: why });
    say(`what to do next: \`${ownCommand(`status ${shellWord(id)}`)}\``);
    return exitCodes.jobFailed;
  }
}

/** A cancelled workflow has no result. What the job delivered is in its memo. */
async function reportCancelled(jobs: Nightshift, id: string): Promise<number> {
  const { results } = await jobs.describe(id);
  say(results === null ? 'cancelled before anything was sent' : 'cancelled; what was finished is in its results');
  if (results !== null) printText(results, { id, state: 'cancelled', results });
  return exitCodes.cancelled;
}
