// Keeps the files to play a seed again: its script and the order of its calls.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Script } from '../script/script.ts';
import type { Played } from './run-script.ts';

export interface Recording {
  readonly script: Script;
  readonly order: readonly string[];
  readonly broken: readonly string[];
}

/** Returns the path of the file. */
export function saveRecording(folder: string, { script, order, broken }: Played): string {
  const path = join(folder, `seed-${script.seed}-${script.vendor}.json`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify({ script, order, broken } satisfies Recording, null, 1)}\n`);
  return path;
}

export const readRecording = (path: string): Recording => JSON.parse(readFileSync(path, 'utf8'));
