// `status`, `batches`, `report` and `list`: show what jobs are doing and how they ended.

import type { Command } from 'commander';
import { batchStates } from '../../../domain/progress/events.ts';
import type { BatchesRequest, BatchPage } from '../../index.ts';
import type { Nightshift } from '../../nightshift.ts';
import { NoWorkerAnswers } from '../../worker-answer.ts';
import { instant, wholeNumber } from '../arguments.ts';
import { answerMs, type Context } from '../context.ts';
import { chooseExitCode, exitCodes } from '../exit-codes.ts';
import { describeFailure } from '../failures.ts';
import { ownCommand, shellWord } from '../own-command.ts';
import { endedInTheMiddle, overviewFacts, suggestNext } from '../print/overview-facts.ts';
import { collected, printRows, printValue, say } from '../print.ts';
import { listFacts, reportFacts } from '../print-job.ts';
import { chooseShownRun } from '../start/chosen-run.ts';

interface PageOptions {
  readonly stage?: string;
  readonly offset: number;
  readonly limit: number;
}

interface ListOptions {
  readonly all?: boolean;
  readonly active?: boolean;
  readonly failed?: boolean;
  readonly since?: Date;
  readonly limit: number;
}

const stages = batchStates.filter((state) => state !== 'done');

export function addInspections(program: Command, context: Context): void {
  addList(program, context);
  program
    .command('status <id>')
    .summary('what a job is doing, or how it ended')
    .description(
      'Shows what a job is doing: phase, wave, counts, tokens, cost, limits, alerts, the downloads of batches that ended, the last ' +
        'fault of the provider, the next poll and the estimated end. If the job has ended, shows how, with the exit codes of ' +
        '`watch`. If no worker answers, shows what Temporal knows.',
    )
    .action(async (id: string) => {
      const jobs = await context.jobs();
      const { run, passedOver } = await chooseShownRun(jobs, id);
      const job = await jobs.overview(id, { waitMs: answerMs, ...(passedOver === null ? {} : { runId: run.runId }) });
      printValue(job, overviewFacts(job, Date.now()));
      for (const line of suggestNext(job)) say(line);
      process.exitCode = chooseExitCode(job);
    });
  addBatches(program, context);
  program
    .command('report <id>')
    .summary('the figures of a finished job')
    .description('Shows the report of a finished job. The report of a cancelled job is read from its output.')
    .action(async (id: string) => {
      const jobs = await context.jobs();
      const chosen = await chooseShownRun(jobs, id);
      // The library's call would wait for the end.
      if (chosen.run.state === 'running') {
        const watch = ownCommand(`watch ${shellWord(id)}`);
        throw new Error(`${id} has not ended: there is no report yet; follow it with \`${watch}\``);
      }
      const report = await jobs.report(id, chosen);
      printValue(report, reportFacts(report));
    });
}

function addList(program: Command, context: Context): void {
  program
    .command('list')
    .summary('jobs, running ones first')
    .description('Lists running jobs, then finished ones, the latest first.')
    .option('--active', 'only running jobs')
    .option('--failed', 'only jobs that failed, or that ended with failed rows')
    .option('--since <time>', 'only jobs started since then: a duration like 24h, a day, or an instant', instant)
    .option('--limit <n>', 'number of jobs to show', wholeNumber(1, 100_000), 20)
    .option('--all', 'show all jobs, without a limit')
    .action(async ({ all = false, active = false, failed = false, since, limit }: ListOptions) => {
      const jobs = await context.jobs();
      const wanted = { active, failed, ...(since === undefined ? {} : { since }) };
      const listed = await collected(jobs.list({ ...wanted, ...(all ? {} : { limit: limit + 1 }) }));
      const shown = all ? listed : listed.slice(0, limit);
      printRows(shown, listFacts);
      if (listed.length > shown.length) say(`there are more: ${ownCommand('list --all')}`);
    });
}

function addBatches(program: Command, context: Context): void {
  const stage = program
    .createOption('--stage <stage>', 'only batches in this stage; waiting includes those that are not started')
    .choices([...stages, 'done']);
  program
    .command('batches <id>')
    .summary("a job's batches, one per line")
    .description('Shows the coordination table: one line per batch, with its stage and its id at the provider.')
    .addOption(stage)
    .option('--offset <n>', 'number of batches to skip', wholeNumber(0, 1_000_000), 0)
    .option('--limit <n>', 'number of batches to show', wholeNumber(1, 500), 100)
    .action(async (id: string, { stage: only, offset, limit }: PageOptions) => {
      const request = { offset, limit, ...(only === undefined ? {} : { stage: only }) };
      const jobs = await context.jobs();
      const page = await readPage(jobs, id, request);
      if (page === null) return;
      const { state } = await jobs.describe(id);
      if (endedInTheMiddle(state)) say(`${id} is ${state.replace('_', ' ')}: its batches as they were last known`);
      printRows(page.batches, ({ wave, batch, stage: at, items, done, failed, batchId, lane, model }) => ({
        wave,
        batch,
        stage: at,
        items,
        done,
        failed,
        batchId,
        lane,
        model,
      }));
      const next = page.offset + page.batches.length;
      const more = ownCommand(`batches ${shellWord(id)} --offset ${next}`);
      if (next < page.total) say(`${next} of ${page.total}: ${more}`);
      for (const segment of page.segments) say(`more in ${segment}: ${ownCommand(`batches ${shellWord(segment)}`)}`);
    });
}

/** Null if no worker answers: then Temporal's own list of the open batches is printed. */
async function readPage(jobs: Nightshift, id: string, request: BatchesRequest): Promise<BatchPage | null> {
  try {
    return await jobs.batches(id, request, { waitMs: answerMs });
  } catch (error) {
    if (!(error instanceof NoWorkerAnswers)) throw error;
    say(describeFailure(error));
    const open = await jobs.openBatches(id);
    if (open.length === 0) say(`Temporal knows of no open batch of ${id}`);
    else printRows(open, ({ wave, batch, workflow }) => ({ wave, batch, workflow }));
    process.exitCode = exitCodes.failed;
    return null;
  }
}
