// All commands and their help.

import { Command, Option } from 'commander';
import { version } from '../version.ts';
import { knownId, newId } from './arguments.ts';
import { addChanges } from './commands/change.ts';
import { addChecks } from './commands/check.ts';
import { addComplete } from './commands/complete.ts';
import { addCompletion } from './commands/completion.ts';
import { addDoctor } from './commands/doctor.ts';
import { addFailures } from './commands/failures.ts';
import { addWatch } from './commands/follow.ts';
import { addMcp } from './commands/gateway/mcp.ts';
import { addServe } from './commands/gateway/serve.ts';
import { addToken } from './commands/gateway/token.ts';
import { addInit } from './commands/init.ts';
import { addInspections } from './commands/inspect.ts';
import { addLimits } from './commands/limits.ts';
import { addQueue } from './commands/queue.ts';
import { addResults } from './commands/results.ts';
import { addRun } from './commands/run.ts';
import { addSchedule } from './commands/schedule.ts';
import { addWebhooks } from './commands/webhooks.ts';
import type { Context } from './context.ts';
import { exitCodes, exitCodesHelp } from './exit-codes.ts';
import { setForm } from './print.ts';

export function createProgram(context: Context): Command {
  const program = new Command('nightshift')
    .description('Durable LLM batch jobs on Temporal.')
    .version(version)
    .addOption(new Option('--json', 'print JSON lines').conflicts('table'))
    .option('--table', 'print tables')
    .hook('preAction', () => {
      const { json, table } = program.opts<{ json?: boolean; table?: boolean }>();
      setForm(json ? 'json' : table ? 'table' : null);
    })
    .addHelpText('after', exitCodesHelp)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? exitCodes.ok : exitCodes.usage));
  addInit(program, context);
  addChecks(program, context);
  addRun(program, context);
  addWatch(program, context);
  addInspections(program, context);
  addChanges(program, context);
  addLimits(program, context);
  addQueue(program, context);
  addResults(program, context);
  addFailures(program, context);
  addSchedule(program, context);
  addWebhooks(program, context);
  addServe(program, context);
  addToken(program);
  addMcp(program);
  addDoctor(program, context);
  addCompletion(program);
  addComplete(program, context);
  checkIds(program);
  return program;
}

/** An empty id would reach Temporal, whose own message names no argument. */
function checkIds({ commands }: Command): void {
  for (const command of commands) {
    for (const argument of command.registeredArguments) {
      if (argument.name() === 'id') argument.argParser(knownId);
      if (argument.name() === 'schedule-id') argument.argParser(command.name() === 'create' ? newId : knownId);
    }
    checkIds(command);
  }
}
