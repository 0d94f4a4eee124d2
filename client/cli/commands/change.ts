// `pause`, `resume`, `approve`, `set`, `retry` and `cancel`: change or end a running job.

import { type Command, InvalidArgumentError } from 'commander';
import { itemReasons } from '../../../domain/outcome/outcome.ts';
import type { DeadlineChange, ItemReason, JobStatus } from '../../index.ts';
import type { Nightshift } from '../../nightshift.ts';
import { durationOrNone, durationText, usdOrNone, wholeNumber } from '../arguments.ts';
import { type Context, changeJob } from '../context.ts';
import { describePaused, describeResumed, describeRetry, describeSettings } from '../print/change-words.ts';
import { printDone, printValue, say } from '../print.ts';
import { statusFacts } from '../print-job.ts';

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
    .summary('stop starting new batches')
    .description('Stops uploads and creates. Batches that already run at the provider are still polled and collected.')
    .option('--note <text>', 'the reason, shown with the status')
    .action(async (id: string, { note }: { note?: string }) =>
      printChanged(id, await changeJob(context, id, (jobs) => jobs.pause(id, note)), describePaused),
    );
  program
    .command('resume <id>')
    .summary('continue a paused job')
    .description(
      'Resumes a paused job, for example after you replace a key or add credit. A job that waits for its budget needs ' +
        '`set --budget`. A job that waits for approval needs `approve`.',
    )
    .action(async (id: string) =>
      printChanged(id, await changeJob(context, id, (jobs) => jobs.resume(id)), describeResumed),
    );
  program
    .command('approve <id>')
    .summary('let a rollout continue after its first step')
    .description(
      'Lets a job with `rollout.approve` continue after its first step. There is no results.jsonl yet: it is written at the end of the job.',
    )
    .action(async (id: string) =>
      printChanged(id, await changeJob(context, id, (jobs) => jobs.approve(id)), describeResumed),
    );
  addSet(program, context);
  program
    .command('retry <id>')
    .summary('send failed items again')
    .description(
      'Sends failed items again in one more round. To retry the failed items of a finished job, start a new job with `reuse`. ' +
        'Items in doubt may have run: they are sent again, and perhaps paid twice, only with `--reason in_doubt`, or if ' +
        'the in-doubt.jsonl of a finished job is the dataset of a new one.',
    )
    .option('--reason <reason...>', 'only items that failed for these reasons; default: all except in_doubt', reasonIn)
    .action(async (id: string, { reason }: { reason?: readonly ItemReason[] }) =>
      printChanged(id, await changeJob(context, id, (jobs) => jobs.retryFailed(id, reason)), describeRetry),
    );
  program
    .command('cancel <id>')
    .summary('end a job and keep what is finished')
    .description("Cancels the provider's batches, collects what they have finished, and ends the job.")
    .action(async (id: string) => {
      await changeJob(context, id, (jobs) => jobs.cancel(id));
      printDone(`${id} is being cancelled: what is finished will be in its results`, { id, cancelling: 'yes' });
    });
}

function addSet(program: Command, context: Context): void {
  const then = program
    .createOption('--then <what>', 'what to do after a deadline')
    .choices(['fallback', 'retry', 'fail']);
  program
    .command('set <id>')
    .summary('change budget, concurrency or deadlines')
    .description('Changes the settings of a running job.')
    .option('--budget <usd>', 'the most it may spend; "none" for no cap', usdOrNone)
    .option('--concurrency <n>', 'how many batches run at the same time', wholeNumber(1, 500))
    .option('--batch-deadline <duration>', "counts from a batch's creation, e.g. 12h", durationText)
    .option(
      '--job-deadline <duration>',
      'counts from the job\'s start, e.g. 30h; "none" for no deadline',
      durationOrNone,
    )
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
      if (status !== undefined) printChanged(id, status, describeSettings);
    });
}

/** Prints what is true now, and the job as it is after the change. */
function printChanged(id: string, status: JobStatus, describe: (id: string, status: JobStatus) => string): void {
  say(describe(id, status));
  printValue(status, statusFacts(status, id, Date.now()));
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
