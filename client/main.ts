// `nightshift`: jobs from the command line.

import { Command } from 'commander';
import { addChanges } from './commands/change.ts';
import { addWatch } from './commands/follow.ts';
import { addLooks } from './commands/look.ts';
import { addRun } from './commands/run.ts';
import { type Connected, connect } from './connection.ts';
import { exitCodes, exitCodesHelp } from './exit-codes.ts';
import { Nightshift } from './index.ts';

const connections: Connected[] = [];
const nightshift = async (): Promise<Nightshift> => {
  const connected = await connect();
  connections.push(connected);
  return new Nightshift(connected.client);
};

const program = new Command('nightshift')
  .description('Durable LLM batch jobs on Temporal.')
  .addHelpText('after', exitCodesHelp)
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));
addRun(program, nightshift);
addWatch(program, nightshift);
addLooks(program, nightshift);
addChanges(program, nightshift);

try {
  await program.parseAsync();
} catch (error) {
  console.error(wordsOf(error));
  process.exitCode = exitCodes.failed;
} finally {
  for (const { close } of connections) await close();
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'WorkflowNotFoundError') return 'there is no such job: list them with `temporal workflow list`';
  if (error.name === 'WorkflowExecutionAlreadyStartedError')
    return 'a job with this id runs already: choose another one with --id';
  return error.cause instanceof Error ? error.cause.message : error.message;
}
