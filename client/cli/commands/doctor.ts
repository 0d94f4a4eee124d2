// `nightshift doctor`: checks everything that a job needs, and says how to fix what is missing.

import { styleText } from 'node:util';
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { examine } from '../doctor/examine.ts';
import { examineJob } from '../doctor/examine-job.ts';
import type { Finding } from '../doctor/findings.ts';
import { exitCodes } from '../exit-codes.ts';
import { describeFailure } from '../failures.ts';
import { serverCommand } from '../own-command.ts';
import { hangingText } from '../print/table.ts';
import { isForPeople, printJson, printLaidOut, readWidth } from '../print.ts';
import { taskQueueOption } from './run.ts';

/** A mark, the longest name and the spaces after both. */
const nameWidth = 26;

const colours = { ok: 'green', warn: 'yellow', bad: 'red' } as const;

export function addDoctor(program: Command, context: Context): void {
  program
    .command('doctor [job-file]')
    .summary('check everything that a job needs')
    .description(
      'Checks Temporal, namespace, search attributes, workers and clocks. Asks a worker to check the key, the bucket and the role of ' +
        'each account, the disk, and what the store can do. ' +
        'With a job file, also checks that job and tries the stores that it names. Each finding says how to fix it. Exits with ' +
        '1 if a job could not run.',
    )
    .option(...taskQueueOption)
    .action(async (file: string | undefined, { taskQueue = context.taskQueue }: { taskQueue?: string }) => {
      for await (const finding of findings(context, taskQueue, file)) {
        show(finding);
        if (finding.state === 'bad') process.exitCode = exitCodes.failed;
      }
    });
}

async function* findings(context: Context, taskQueue: string, file?: string): AsyncGenerator<Finding> {
  try {
    const jobs = await context.jobs();
    yield* examine(jobs, taskQueue);
    if (file !== undefined) yield await examineJob(jobs, file, taskQueue);
  } catch (error) {
    yield {
      what: 'temporal',
      state: 'bad',
      found: describeFailure(error),
      fix: `${serverCommand}, or set TEMPORAL_ADDRESS`,
    };
  }
}

function show(finding: Finding): void {
  if (!isForPeople()) {
    printJson(finding);
    return;
  }
  const { what, state, found, fix } = finding;
  const mark = styleText(colours[state], state.padEnd(4), { stream: process.stdout });
  const lines = [found, ...(fix === null ? [] : [`-> ${fix}`])];
  printLaidOut(hangingText(`${state.padEnd(4)}  ${what}`, `${mark}  ${what}`, nameWidth, lines, readWidth()));
}
