// Follows a job to its end, and says by the exit code how it ended.

import { WorkflowFailedError } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import type { Command } from 'commander';
import { exitCodes } from '../exit-codes.ts';
import type { Nightshift } from '../index.ts';
import { progressLine } from '../print.ts';

export function addWatch(program: Command, nightshift: () => Promise<Nightshift>): void {
  program
    .command('watch <id>')
    .description('follow a job that runs: progress on standard error, the path of the results on standard output')
    .action(async (id: string) => {
      process.exitCode = await endOf(await nightshift(), id);
    });
}

export async function endOf(jobs: Nightshift, id: string): Promise<number> {
  for await (const status of jobs.follow(id)) console.error(progressLine(status));
  try {
    const report = await jobs.result(id);
    console.log(report.files.results);
    return report.rows.failed === 0 ? exitCodes.ok : exitCodes.partial;
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    console.error(error.cause?.message ?? error.message);
    return error.cause instanceof CancelledFailure ? exitCodes.cancelled : exitCodes.jobFailed;
  }
}
