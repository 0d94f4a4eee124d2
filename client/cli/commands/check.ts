// `validate` and `estimate`: show the problems of a job and its cost before anything is spent.

import type { Command } from 'commander';
import type { AskOptions } from '../../questions.ts';
import { askWorker, type Context } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { readJob, readJobFile } from '../job-file.ts';
import { ownCommand, shellWord } from '../own-command.ts';
import { printValue, say } from '../print.ts';
import { estimateFacts } from '../print-job.ts';
import { describeCautions } from '../start/cautions.ts';
import { byReferenceOption, idOption, nameJob, taskQueueOption } from './run.ts';

interface CheckOptions {
  readonly taskQueue?: string;
  readonly byReference?: boolean;
  readonly id?: string;
  readonly offline?: boolean;
}

export function addChecks(program: Command, context: Context): void {
  program
    .command('validate <job-file>')
    .summary('list every problem of a job')
    .description(
      'Checks a job file against the schema, then asks a worker to check what only a worker knows: provider, key, model, ' +
        'template, dataset and output. The worker renders the first hundred rows. Claims no output and spends nothing.',
    )
    .option('--offline', 'check only against the schema, without Temporal')
    .option(...idOption)
    .option(...taskQueueOption)
    .option(...byReferenceOption)
    .action(async (file: string, options: CheckOptions) => {
      if (options.offline) {
        await readJobFile(file);
        printValue({ valid: true, by: 'schema' }, { [file]: 'fits the schema; no worker was asked' });
        return;
      }
      const { id = nameJob(file) } = options;
      const validity = await asked(context, file, options, (jobs, job, at) => jobs.validate(job, { ...at, id }));
      const isValid = validity?.isOverRate !== true;
      const said = isValid ? 'is valid' : 'would probably be refused';
      printValue({ valid: isValid, by: 'worker', ...validity }, { [file]: said });
      for (const line of describeCautions(validity)) say(line);
      if (!isValid) process.exitCode = exitCodes.failed;
    });
  program
    .command('estimate <job-file>')
    .summary('show what a job would cost')
    .description(
      'Asks a worker to plan the job and to delete the plan again. Shows rows, batches, tokens, the cost in batches and ' +
        'in realtime, which mode suits the job and why, and what the figures leave out. Spends nothing.',
    )
    .option(...taskQueueOption)
    .option(...byReferenceOption)
    .action(async (file: string, options: CheckOptions) => {
      const estimate = await asked(context, file, options, (jobs, job, at) => jobs.estimate(job, at));
      printValue(estimate, estimateFacts(estimate));
      say(`run it: ${ownCommand(`run ${shellWord(file)}`)}`);
    });
}

type Jobs = Awaited<ReturnType<Context['jobs']>>;
type Ask<Answer> = (jobs: Jobs, job: Awaited<ReturnType<typeof readJob>>, at: AskOptions) => Promise<Answer>;

async function asked<Answer>(context: Context, file: string, options: CheckOptions, ask: Ask<Answer>): Promise<Answer> {
  const { taskQueue = context.taskQueue, byReference = false } = options;
  const job = await readJob(file, byReference, context.dataRoot);
  const jobs = await context.jobs();
  return askWorker((options) => ask(jobs, job, { taskQueue, ...options }));
}
