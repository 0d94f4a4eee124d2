// `nightshift results <id>`: prints the results as a stream of lines.

import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { openFile, readLines } from '../../results.ts';
import { surroundings } from '../../surroundings.ts';
import type { Context } from '../context.ts';
import type { Row } from '../print/table.ts';
import { printDone, printRows, wantsTable } from '../print.ts';
import { chooseShownRun } from '../start/chosen-run.ts';

interface ResultsOptions {
  readonly output?: string;
  readonly failed?: boolean;
  readonly inDoubt?: boolean;
}

export function addResults(program: Command, context: Context): void {
  const failedRows = program
    .createOption('--failed', 'print the failed rows instead, ready to be the dataset of the next job')
    .conflicts('inDoubt');
  program
    .command('results <id>')
    .summary('the answers of a job, one line per row')
    .description(
      'Prints the results of a finished job: one line of JSON per accepted row, in the order of the dataset. Reads them ' +
        "below NIGHTSHIFT_DATA, which must be the workers' data folder, or from the job's bucket.",
    )
    .option('-o, --output <file>', 'write the lines to this file')
    .addOption(failedRows)
    .option(
      '--in-doubt',
      'print the rows in doubt instead (it is not known whether the provider ran them), with batch and request',
    )
    .action(async (id: string, { output, failed = false, inDoubt = false }: ResultsOptions) => {
      const jobs = await context.jobs();
      const kind = inDoubt ? 'inDoubt' : failed ? 'failures' : 'results';
      const file = await jobs.file(id, kind, await chooseShownRun(jobs, id));
      if (output === undefined && wantsTable()) return printTable(file);
      const to = output === undefined ? process.stdout : createWriteStream(output);
      try {
        await pipeline(openFile(file, surroundings()), to, { end: output !== undefined });
      } catch (error) {
        // The reader has closed the pipe, as `head` does.
        if (!(error instanceof Error && 'code' in error && error.code === 'EPIPE')) throw error;
      }
      if (output !== undefined) printDone(`written to ${output}`, { output });
    });
}

/** A result file may be larger than the memory, so every so many lines are a table of their own. */
const rowsPerTable = 1000;
const cellMax = 60;

async function printTable(file: string): Promise<void> {
  let lines: object[] = [];
  for await (const line of readLines(file, surroundings())) {
    lines.push(JSON.parse(line));
    if (lines.length < rowsPerTable) continue;
    printRows(lines, lineFacts);
    lines = [];
  }
  if (lines.length > 0) printRows(lines, lineFacts);
}

const lineFacts = (line: object): Row =>
  Object.fromEntries(columns.map((name) => [name, cutCell(Reflect.get(line, name))]));

const columns = ['row', 'id', 'status', 'output', 'reason', 'detail', 'costUsd', 'attempts', 'lane', 'model'];

function cutCell(value: unknown): string | number | null {
  if (value === undefined || value === null || typeof value === 'number') return value ?? null;
  const text = (typeof value === 'string' ? value : JSON.stringify(value)).replaceAll(/\s+/g, ' ');
  return text.length > cellMax ? `${text.slice(0, cellMax - 1)}…` : text;
}
