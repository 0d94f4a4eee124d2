// `pause`, `resume`, `set`, `retry` and `cancel`: what can be changed of a running job.

import { type Command, InvalidArgumentError } from 'commander';
import { itemReasons } from '../../../domain/outcome/outcome.ts';
import type { DeadlineChange, ItemReason, JobStatus } from '../../index.ts';
import type { Nightshift } from '../../nightshift.ts';
import { durationOrNone, durationText, usdOrNone, wholeNumber } from '../arguments.ts';
import { type Context, changeJob } from '../context.ts';
import { printValue } from '../print.ts';
import { progressLine, statusFacts } from '../print-job.ts';

interface Settings {
  readonly budget?: number | null;
  readonly concurrency?: number;
  readonly batchDeadline?: string;
  readonly jobDeadline?: string | null;
  readonly then?: 'fallback' | 'retry' | 'fail';
}

export function addChanges(program: Command, context: Context): void {
  program
    .command('pause <id>')
    .summary('begin nothing more')
    .description('Stages and creates nothing more; what the provider runs is still collected.')
    .option('--note <text>', 'why, for whoever looks')
    .action(async (id: string, { note }: { note?: string }) =>
      said(await changeJob(context, id, (jobs) => jobs.pause(id, note))),
    );
  program
    .command('resume <id>')
    .summary('go on after a pause or after trouble')
    .description('Goes on after a pause, or after a key or money was mended.')
    .action(async (id: string) => said(await changeJob(context, id, (jobs) => jobs.resume(id))));
  addSet(program, context);
  program
    .command('retry <id>')
    .summary('send failed items again')
    .description(
      'Sends failed items again in one more round. A job that has ended is continued by `reuse` in a new one.',
    )
    .option('--reason <reason...>', 'only those that failed for these; default: all but in_doubt', reasonIn)
    .action(async (id: string, { reason }: { reason?: readonly ItemReason[] }) =>
      said(await changeJob(context, id, (jobs) => jobs.retryFailed(id, reason))),
    );
  program
    .command('cancel <id>')
    .summary('end a job and keep what is finished')
    .description("Cancels the provider's batches, collects what they had finished, and ends the job.")
    .action(async (id: string) => {
      await (await context.jobs()).cancel(id);
      console.error(`${id} is being cancelled`);
    });
}

function addSet(program: Command, context: Context): void {
  const then = program.createOption('--then <what>', 'what follows a deadline').choices(['fallback', 'retry', 'fail']);
  program
    .command('set <id>')
    .summary('change budget, concurrency or deadlines')
    .description('Changes a job while it runs.')
    .option('--budget <usd>', 'what it may spend; "none" for no cap', usdOrNone)
    .option('--concurrency <n>', 'batches under way at once', wholeNumber(1, 500))
    .option('--batch-deadline <duration>', "from a batch's creation, e.g. 12h", durationText)
    .option('--job-deadline <duration>', 'from the job\'s start, e.g. 30h; "none" for none', durationOrNone)
    .addOption(then)
    .action(async (id: string, settings: Settings, command: Command) => {
      if (Object.keys(settings).length === 0) {
        command.error('error: nothing to set: give --budget, --concurrency, a deadline or --then', { exitCode: 2 });
      }
      const status = await changeJob(context, id, async (jobs) => {
        let last: JobStatus | undefined;
        for (const change of planChanges(jobs, id, settings)) last = await change();
        return last;
      });
      if (status !== undefined) said(status);
    });
}

/** The job as it is after the change. */
function said(status: JobStatus): void {
  console.error(progressLine(status));
  printValue(status, statusFacts(status, Date.now()));
}

function planChanges(jobs: Nightshift, id: string, settings: Settings): (() => Promise<JobStatus>)[] {
  const { budget, concurrency, batchDeadline, jobDeadline, then } = settings;
  const deadline: DeadlineChange = {
    ...(batchDeadline === undefined ? {} : { batch: batchDeadline }),
    ...(jobDeadline === undefined ? {} : { job: jobDeadline }),
    ...(then === undefined ? {} : { then }),
  };
  return [
    ...(budget === undefined ? [] : [() => jobs.setBudget(id, budget)]),
    ...(concurrency === undefined ? [] : [() => jobs.setConcurrency(id, concurrency)]),
    ...(Object.keys(deadline).length === 0 ? [] : [() => jobs.setDeadline(id, deadline)]),
  ];
}

function reasonIn(text: string, before: readonly ItemReason[] = []): readonly ItemReason[] {
  const reason = itemReasons.find((known) => known === text);
  if (reason !== undefined) return [...before, reason];
  throw new InvalidArgumentError(`Reasons are ${itemReasons.join(', ')}.`);
}
