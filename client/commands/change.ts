// `pause`, `resume`, `set`, `retry` and `cancel`: what can be changed of a running job.

import type { Command } from 'commander';
import type { DeadlineChange, ItemReason, JobStatus, Nightshift } from '../index.ts';
import { progressLine } from '../print.ts';

interface Settings {
  readonly budget?: string;
  readonly concurrency?: string;
  readonly batchDeadline?: string;
  readonly jobDeadline?: string;
}

export function addChanges(program: Command, nightshift: () => Promise<Nightshift>): void {
  const said = (status: JobStatus): void => console.error(progressLine(status));
  program
    .command('pause <id>')
    .description('stage and create nothing more; what the provider runs is still collected')
    .option('--note <text>', 'why, for whoever looks')
    .action(async (id: string, { note }: { note?: string }) => said(await (await nightshift()).pause(id, note)));
  program
    .command('resume <id>')
    .description('go on after a pause, or after a key or money was mended')
    .action(async (id: string) => said(await (await nightshift()).resume(id)));
  program
    .command('set <id>')
    .description('change a running job')
    .option('--budget <usd>', 'what it may spend; "none" for no cap')
    .option('--concurrency <n>', 'batches under way at once')
    .option('--batch-deadline <duration>', "from a batch's creation, e.g. 12h")
    .option('--job-deadline <duration>', "from the job's start, e.g. 30h")
    .action(async (id: string, settings: Settings) => {
      const jobs = await nightshift();
      const changes = changesOf(jobs, id, settings);
      if (changes.length === 0) throw new Error('nothing to set: give --budget, --concurrency or a deadline');
      for (const change of changes) said(await change());
    });
  program
    .command('retry <id>')
    .description('send failed items again in one more round')
    .option('--reason <reason...>', 'only those that failed for these; default: all but in_doubt')
    .action(async (id: string, { reason }: { reason?: readonly ItemReason[] }) =>
      said(await (await nightshift()).retryFailed(id, reason)),
    );
  program
    .command('cancel <id>')
    .description("cancel the provider's batches, collect what they had finished, and end")
    .action(async (id: string) => (await nightshift()).cancel(id));
}

function changesOf(jobs: Nightshift, id: string, settings: Settings): (() => Promise<JobStatus>)[] {
  const { budget, concurrency, batchDeadline, jobDeadline } = settings;
  const deadline: DeadlineChange = {
    ...(batchDeadline === undefined ? {} : { batch: batchDeadline }),
    ...(jobDeadline === undefined ? {} : { job: jobDeadline }),
  };
  return [
    ...(budget === undefined ? [] : [() => jobs.setBudget(id, budget === 'none' ? null : Number(budget))]),
    ...(concurrency === undefined ? [] : [() => jobs.setConcurrency(id, Number(concurrency))]),
    ...(Object.keys(deadline).length === 0 ? [] : [() => jobs.setDeadline(id, deadline)]),
  ];
}
