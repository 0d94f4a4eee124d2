// `nightshift run job.json`: starts a job and, unless told otherwise, follows it to its end.

import { readFileSync } from 'node:fs';
import { basename, extname } from 'node:path';
import type { Command } from 'commander';
import type { Nightshift } from '../index.ts';
import { endOf } from './follow.ts';

interface RunOptions {
  readonly id?: string;
  readonly taskQueue: string;
  readonly detach?: boolean;
}

export function addRun(program: Command, nightshift: () => Promise<Nightshift>): void {
  program
    .command('run <job-file>')
    .description('start a job and follow it: progress on standard error, the path of the results on standard output')
    .option('--id <workflow-id>', "the job's id; default: the file's name")
    .option('--task-queue <name>', 'the task queue of the workers', 'nightshift')
    .option('--detach', 'do not follow it')
    .action(async (file: string, { id = basename(file, extname(file)), taskQueue, detach }: RunOptions) => {
      const jobs = await nightshift();
      await jobs.start(jobIn(file), { id, taskQueue });
      console.error(`started ${id}`);
      if (detach) console.log(id);
      else process.exitCode = await endOf(jobs, id);
    });
}

function jobIn(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new Error(`${file} cannot be read: give the path of a job file`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${file} is no JSON: mend it; an editor that knows job.schema.json shows where`);
  }
}
