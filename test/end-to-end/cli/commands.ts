// The command line as a person or a script uses it: a process of its own, in a pipe or on a terminal.

import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { projectRoot } from '../../../scripts/tools/cache.ts';
import { spawnGuarded } from '../../../scripts/tools/guard.ts';

export interface Said {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Place {
  readonly cwd?: string;
  readonly env: Readonly<Record<string, string>>;
}

const main = join(projectRoot, 'client', 'cli', 'main.ts');

export type Nightshift = (args: readonly string[]) => Promise<Said>;

/** `nightshift` with its output in pipes. */
export function commandsAt({ cwd = projectRoot, env }: Place): Nightshift {
  return (args) => said(process.execPath, [main, ...args], { cwd, env });
}

/** On a terminal, both outputs on it: the program `script` has one to give. */
export function terminalAt({
  cwd = projectRoot,
  env,
  columns = 120,
}: Place & { readonly columns?: number }): Nightshift {
  return (args) => {
    const quoted = [process.execPath, main, ...args].map((word) => `'${word}'`).join(' ');
    const command = `stty cols ${columns}; exec ${quoted}`;
    return said('script', ['-qec', command, '/dev/null'], { cwd, env: { ...env, TERM: 'xterm', SHELL: '/bin/sh' } });
  };
}

export async function said(file: string, args: readonly string[], { cwd, env }: Place): Promise<Said> {
  const child = spawnGuarded(file, args, { cwd, env: { ...process.env, ...env }, detached: true });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, out, err };
}

/** JSON lines as they were printed. */
export const parseLines = ({ out }: Said): Record<string, unknown>[] =>
  out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
