// `status`, `batches` and `report`: what a job is doing, and what became of it.

import type { Command } from 'commander';
import type { Nightshift } from '../index.ts';
import { printRows, printValue } from '../print.ts';

interface PageOptions {
  readonly stage?: string;
  readonly offset: string;
  readonly limit: string;
}

export function addLooks(program: Command, nightshift: () => Promise<Nightshift>): void {
  program
    .command('status <id>')
    .description('phase, wave, counts, tokens, cost and the estimated end')
    .action(async (id: string) => printValue(await (await nightshift()).status(id)));
  program
    .command('batches <id>')
    .description('the coordination table: one line a batch')
    .option('--stage <stage>', 'only batches in this stage, e.g. running')
    .option('--offset <n>', 'batches to leave out', '0')
    .option('--limit <n>', 'batches to show', '100')
    .action(async (id: string, { stage, offset, limit }: PageOptions) => {
      const request = { offset: Number(offset), limit: Number(limit), ...(stage === undefined ? {} : { stage }) };
      const page = await (await nightshift()).batches(id, request);
      printRows(
        page.batches.map(({ wave, batch, lane, model, items, stage: at, batchId, done, failed }) => ({
          ...{ wave, batch, lane, model, items, stage: at, batchId, done, failed },
        })),
      );
      for (const segment of page.segments) console.error(`more in ${segment}: nightshift batches ${segment}`);
    });
  program
    .command('report <id>')
    .description('the report of a finished job')
    .action(async (id: string) => printValue(await (await nightshift()).result(id)));
}
