// A stack of its own for a test of commands, and what such tests have in common.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { Cell } from '../crash/cell.ts';
import { commandsAt, type Nightshift } from './commands.ts';

type Use = (cell: Cell, nightshift: Nightshift) => Promise<void>;

/** Gives each use a cell on the server, with the commands that work on it. */
export const commandCells =
  (server: Parameters<typeof Cell.with>[0]) =>
  (name: string, use: Use): Promise<void> =>
    Cell.with(server, name, {}, (at) => use(at, commandsAt({ env: at.env })));

/** Writes a job file below the cell's root, and returns its path. */
export function written(at: Cell, name: string, job: unknown): string {
  const file = join(at.root, name);
  writeFileSync(file, JSON.stringify(job));
  return file;
}

export const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
