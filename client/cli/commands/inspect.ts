// `status`, `batches`, `report` and `list`: show what jobs are doing and how they ended.

import type { Command } from 'commander';
import { wholeNumber } from '../arguments.ts';
import { askJob, type Context } from '../context.ts';
import { ownCommand } from '../own-command.ts';
import { collected, printRows, printValue } from '../print.ts';
import { listFacts, reportFacts, statusFacts } from '../print-job.ts';

interface PageOptions {
  readonly stage?: string;
  readonly offset: number;
  readonly limit: number;
}

interface ListOptions {
  readonly all?: boolean;
  readonly active?: boolean;
  readonly limit: number;
}

const stages = ['waiting', 'staging', 'creating', 'validating', 'running', 'finalizing', 'cancelling', 'collecting'];

export function addInspections(program: Command, context: Context): void {
  addList(program, context);
  program
    .command('status <id>')
    .summary('phase, counts, tokens, cost and the estimated end')
    .description('Shows what a job is doing: phase, wave, counts, tokens, cost, alerts and the estimated end.')
    .action(async (id: string) => {
      const status = await askJob(context, id, (jobs) => jobs.status(id));
      printValue(status, statusFacts(status, Date.now()));
    });
  addBatches(program, context);
  program
    .command('report <id>')
    .summary('the figures of a finished job')
    .description('Shows the report of a finished job. The report of a cancelled job is read from its output.')
    .action(async (id: string) => {
      const report = await (await context.jobs()).report(id);
      printValue(report, reportFacts(report));
    });
}

function addList(program: Command, context: Context): void {
  program
    .command('list')
    .summary('jobs, running ones first')
    .description('Lists running jobs, then finished ones, the latest first.')
    .option('--active', 'only running jobs')
    .option('--limit <n>', 'number of jobs to show', wholeNumber(1, 100_000), 20)
    .option('--all', 'show all jobs, without a limit')
    .action(async ({ all = false, active = false, limit }: ListOptions) => {
      const jobs = await context.jobs();
      const listed = await collected(jobs.list({ active, ...(all ? {} : { limit: limit + 1 }) }));
      const shown = all ? listed : listed.slice(0, limit);
      printRows(shown, listFacts);
      if (listed.length > shown.length) console.error(`there are more: ${ownCommand('list --all')}`);
    });
}

function addBatches(program: Command, context: Context): void {
  const stage = program.createOption('--stage <stage>', 'only batches in this stage').choices([...stages, 'done']);
  program
    .command('batches <id>')
    .summary("a job's batches, one per line")
    .description('Shows the coordination table: one line per batch, with its stage and its id at the provider.')
    .addOption(stage)
    .option('--offset <n>', 'number of batches to skip', wholeNumber(0, 1_000_000), 0)
    .option('--limit <n>', 'number of batches to show', wholeNumber(1, 500), 100)
    .action(async (id: string, { stage: only, offset, limit }: PageOptions) => {
      const request = { offset, limit, ...(only === undefined ? {} : { stage: only }) };
      const page = await askJob(context, id, (jobs) => jobs.batches(id, request));
      printRows(page.batches, ({ wave, batch, lane, model, items, stage: at, batchId, done, failed }) => ({
        wave,
        batch,
        lane,
        model,
        items,
        stage: at,
        batchId,
        done,
        failed,
      }));
      const next = page.offset + page.batches.length;
      if (next < page.total) console.error(`${next} of ${page.total}: ${ownCommand(`batches ${id} --offset ${next}`)}`);
      for (const segment of page.segments) console.error(`more in ${segment}: ${ownCommand(`batches ${segment}`)}`);
    });
}
