// `nightshift results <id>`: what came out, as a stream of lines.

import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import type { Context } from '../context.ts';

interface ResultsOptions {
  readonly output?: string;
  readonly failed?: boolean;
}

export function addResults(program: Command, context: Context): void {
  program
    .command('results <id>')
    .summary('the answers of a job, one line a row')
    .description(
      'Prints the results of a job that has ended: one line of JSON per accepted row, in the order of the dataset. They ' +
        "are read below NIGHTSHIFT_DATA, which must be the workers' data folder.",
    )
    .option('-o, --output <file>', 'write them there')
    .option('--failed', 'instead: the rows that failed, ready to be the dataset of the next job')
    .action(async (id: string, { output, failed = false }: ResultsOptions) => {
      const file = await (await context.jobs()).file(id, failed ? 'failures' : 'results');
      const to = output === undefined ? process.stdout : createWriteStream(output);
      try {
        await pipeline(createReadStream(file), to, { end: output !== undefined });
      } catch (error) {
        // Whoever reads has had enough, as `head` has.
        if (!(error instanceof Error && 'code' in error && error.code === 'EPIPE')) throw error;
      }
      if (output !== undefined) console.error(`written to ${output}`);
    });
}
