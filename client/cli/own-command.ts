// How to call the commands from where the user is: a command that is shown must work when it is typed.

import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { surroundings } from '../surroundings.ts';
import { isInDevStack } from './dev-stack.ts';

/** In this repository the TypeScript sources run as they are; an installed package holds JavaScript. */
const installed = import.meta.url.endsWith('.js');

export const ownCommand = (args: string): string =>
  installed ? `nightshift ${args}` : `${nameScript(process.cwd())} ${args}`;

/** An id or a path as one word of a command: a shell would split it at its spaces, and run what is in it. */
export const shellWord = (text: string): string =>
  /^[\p{L}\p{N}_./:@%+=,-]+$/u.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** Short where the user stands next to the script, else its whole path. */
function nameScript(folder: string): string {
  const project = fileURLToPath(new URL('../..', import.meta.url));
  return relative(project, folder) === '' ? './nightshift' : join(project, 'nightshift');
}

/** A worker of the dev stack needs the stack's own environment. */
function nameWorkerCommand(): string {
  if (isInDevStack()) return 'npm run dev -- --worker';
  return installed ? 'nightshift-worker' : 'npm run worker';
}

/** For a task queue that a worker would not poll by itself. */
export const startWorkerCommand = (taskQueue: string): string =>
  taskQueue === surroundings().taskQueue
    ? nameWorkerCommand()
    : `NIGHTSHIFT_TASK_QUEUE=${taskQueue} ${nameWorkerCommand()}`;

/** Temporal's own command line. */
export const temporalCommand = (args: string): string =>
  installed ? `temporal ${args}` : `npm run temporal -- ${args}`;

export const serverCommand = installed ? 'temporal server start-dev' : 'npm run dev';
