// Makes a folder and those above it. Node's own `recursive` never ends if a folder that exists refuses a new one with ENOENT, as /proc does.
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

export function makeFolder(path: string): void {
  if (isFolder(path)) return;
  const above = dirname(path);
  if (above !== path) makeFolder(above);
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process may have made it.
    if (isFolder(path)) return;
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new Error(`The folder ${path} cannot be made (${why}). Choose another one.`);
  }
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
