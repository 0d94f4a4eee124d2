// `nightshift completion <shell>`: a script that completes our commands.

import type { Command } from 'commander';
import { completionScript, type Shell, shells } from '../completion.ts';

export function addCompletion(program: Command): void {
  const shell = program.createArgument('<shell>').choices(shells);
  program
    .command('completion')
    .summary('a script that completes these commands')
    .description('Prints a script that completes these commands: source <(nightshift completion bash), in ~/.bashrc.')
    .addArgument(shell)
    .action((name: Shell) => {
      process.stdout.write(completionScript(program, name));
    });
}
