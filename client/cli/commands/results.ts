// `nightshift results <id>`: prints the results as a stream of lines.

import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import type { Context } from '../context.ts';

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
        "below NIGHTSHIFT_DATA, which must be the workers' data folder.",
    )
    .option('-o, --output <file>', 'write the lines to this file')
    .addOption(failedRows)
    .option('--in-doubt', 'print the rows instead of which it is not known whether they ran, with batch and request')
    .action(async (id: string, { output, failed = false, inDoubt = false }: ResultsOptions) => {
      const file = await (await context.jobs()).file(id, inDoubt ? 'inDoubt' : failed ? 'failures' : 'results');
      const to = output === undefined ? process.stdout : createWriteStream(output);
      try {
        await pipeline(createReadStream(file), to, { end: output !== undefined });
      } catch (error) {
        // The reader has closed the pipe, as `head` does.
        if (!(error instanceof Error && 'code' in error && error.code === 'EPIPE')) throw error;
      }
      if (output !== undefined) console.error(`written to ${output}`);
    });
}
