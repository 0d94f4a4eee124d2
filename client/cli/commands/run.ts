// `nightshift run job.json`: starts a job and follows it to its end, unless --detach is given.

import { basename, dirname, extname, resolve } from 'node:path';
import type { Command, Option } from 'commander';
import { newId, wholeNumber } from '../arguments.ts';
import type { Context } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { readJob, readJobFile } from '../job-file.ts';
import { printText, say } from '../print.ts';
import { awaitEnd } from './follow.ts';

interface RunOptions {
  readonly id?: string;
  readonly taskQueue?: string;
  readonly byReference?: boolean;
  readonly again?: boolean;
  readonly sample?: number;
  readonly yes?: boolean;
  readonly detach?: boolean;
}

export const taskQueueOption = [
  '--task-queue <name>',
  'the task queue of the workers; default NIGHTSHIFT_TASK_QUEUE',
] as const;
export const byReferenceOption = [
  '--by-reference',
  "send the file's path below the data root instead of its content, so that only the path enters Temporal's history",
] as const;

export const idOption = [
  '--id <workflow-id>',
  "the job's id; default: the file's name or, for a job.json, the name of its folder",
  newId,
] as const;

export function addRun(program: Command, context: Context): void {
  program
    .command('run <job-file>')
    .summary('start a job and follow it to its end')
    .description(
      'Checks a job file, lets a worker check the job, starts it and follows it. Progress goes to standard error (bars on a ' +
        'terminal, one line per change in a log), the path of the results to standard output. Ctrl-C stops following; the job ' +
        'continues.',
    )
    .option(...idOption)
    .option(...taskQueueOption)
    .option(...byReferenceOption)
    .option('--again', 'run a job that has run before, under a new id and into a new folder, such as tickets-2')
    .addOption(sampleOption(program))
    .option('--yes', 'after the sample, run all rows without asking')
    .option('--detach', 'print the id and do not follow the job')
    .action((file: string, options: RunOptions, command: Command) => {
      if (options.sample !== undefined && options.yes !== true && !process.stdin.isTTY) {
        command.error('error: --sample asks on a terminal; in a script, add --yes', { exitCode: exitCodes.usage });
      }
      return run(context, file, options);
    });
}

const sampleOption = (program: Command): Option =>
  program
    .createOption('--sample <rows>', 'first send this many rows in realtime, show answers and cost, and ask')
    .argParser(wholeNumber(1, 1000))
    .conflicts('byReference');

async function run(context: Context, file: string, options: RunOptions): Promise<void> {
  const { id = nameJob(file), byReference = false, again = false, sample, yes = false, detach = false } = options;
  const given = {
    job: await readJob(file, byReference, context.dataRoot),
    id,
    taskQueue: options.taskQueue ?? context.taskQueue,
  };
  if (again && byReference && (await readJobFile(file)).output !== undefined) {
    throw new Error(
      `${file} names its output, which a job by reference keeps: give another \`output\`, or omit --by-reference`,
    );
  }
  const jobs = await context.jobs();
  // Loaded only here: other commands start faster without them.
  const [{ checkStart, findFreshStart }, { runSample }] = await Promise.all([
    import('../start/start-job.ts'),
    import('../start/sample.ts'),
  ]);
  const start = again ? await findFreshStart(jobs, given) : given;
  if (!again) await checkStart(jobs, start);
  const whole = sample === undefined ? start : await runSample(jobs, start, sample, yes);
  if (whole === null) {
    say(`${id} was not started`);
    return;
  }
  await jobs.start(whole.job, whole);
  if (detach) {
    printText(whole.id, { id: whole.id });
    return;
  }
  say(`started ${whole.id}`);
  process.exitCode = await awaitEnd(jobs, whole.id);
}

/** `init` writes `tickets/job.json`: there the folder's name says more than the file's. */
export function nameJob(file: string): string {
  const name = basename(file, extname(file));
  return newId(name === 'job' ? basename(dirname(resolve(file))) || name : name);
}
