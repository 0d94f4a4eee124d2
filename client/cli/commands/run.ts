// `nightshift run job.json`: starts a job and follows it to its end, unless --detach is given.

import { basename, dirname, extname, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { readJob } from '../job-file.ts';
import { printText } from '../print.ts';
import { awaitEnd } from './follow.ts';

interface RunOptions {
  readonly id?: string;
  readonly taskQueue?: string;
  readonly byReference?: boolean;
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

export function addRun(program: Command, context: Context): void {
  program
    .command('run <job-file>')
    .summary('start a job and follow it to its end')
    .description(
      'Checks a job file, starts the job and follows it. Progress goes to standard error (bars on a terminal, one line ' +
        'per change in a log), the path of the results to standard output. Ctrl-C stops following; the job continues.',
    )
    .option('--id <workflow-id>', "the job's id; default: the file's name or, for a job.json, the name of its folder")
    .option(...taskQueueOption)
    .option(...byReferenceOption)
    .option('--detach', 'print the id and do not follow the job')
    .action(async (file: string, options: RunOptions) => {
      const { id = nameJob(file), byReference = false, detach = false } = options;
      const job = await readJob(file, byReference, context.dataRoot);
      const jobs = await context.jobs();
      await jobs.start(job, { id, taskQueue: options.taskQueue ?? context.taskQueue });
      console.error(`started ${id}`);
      if (detach) {
        printText(id, { id });
      } else {
        process.exitCode = await awaitEnd(jobs, id);
      }
    });
}

/** `init` writes `tickets/job.json`: there the folder's name says more than the file's. */
function nameJob(file: string): string {
  const name = basename(file, extname(file));
  return name === 'job' ? basename(dirname(resolve(file))) || name : name;
}
