// Finds the dev stack that runs in this folder (`npm run dev`), so that a shell needs no variables to reach it.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isRunning, type ProcessMark } from './process-mark.ts';

/** A running stack describes itself in this file, in a folder below `.nightshift`. */
export const stackFile = 'stack.json';

export interface DevStack extends ProcessMark {
  readonly uiUrl: string;
  /** The ports that the next start uses again. */
  readonly ports: Readonly<Record<string, number>>;
  /** What a worker or a client needs to reach this stack. */
  readonly env: Readonly<Record<string, string>>;
}

type Env = Record<string, string | undefined>;

/** What a client needs of a stack's environment. Keys are the worker's. */
const clientNames = ['TEMPORAL_ADDRESS', 'NIGHTSHIFT_DATA', 'NIGHTSHIFT_TASK_QUEUE', 'NIGHTSHIFT_WEB_UI'];

let joined = false;

/** Whether this command goes to the dev stack that runs here. */
export const isInDevStack = (): boolean => joined;

/** Sets the variables of the stack that runs here. A variable that is set, or a profile that names a server, is never overridden. */
export async function joinDevStack(env: Env, folders: readonly string[] = ownFolders()): Promise<void> {
  joined = false;
  // Set but empty counts as not set, for Temporal's library too.
  if (env.TEMPORAL_ADDRESS === '') delete env.TEMPORAL_ADDRESS;
  if (env.TEMPORAL_ADDRESS || env.TEMPORAL_PROFILE || env.TEMPORAL_CONFIG_FILE) return;
  const stack = findDevStack(folders);
  if (stack === null || (await hasProfile())) return;
  joined = true;
  for (const name of clientNames) {
    const value = env[name] || stack.env[name];
    if (value !== undefined) env[name] = value;
  }
}

/** The current folder, then this project's if it runs from its sources. */
function ownFolders(): readonly string[] {
  const isSource = import.meta.url.endsWith('.ts');
  const project = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
  return [process.cwd(), ...(isSource ? [project] : [])];
}

function findDevStack(folders: readonly string[]): DevStack | null {
  const found = folders.flatMap((folder) => stacksIn(join(folder, '.nightshift')));
  return found.find(isRunning) ?? null;
}

/** `dev` comes first by its name, before the `demo`'s. */
function stacksIn(folder: string): DevStack[] {
  return listFolder(folder).flatMap((name) => {
    const stack = readStack(join(folder, name));
    return stack === null ? [] : [stack];
  });
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted((a, b) => Number(b === 'dev') - Number(a === 'dev'));
  } catch {
    return [];
  }
}

/** What the stack of this folder wrote about itself, even if it has ended. Null if there was none. */
export function readStack(folder: string): DevStack | null {
  try {
    return JSON.parse(readFileSync(join(folder, stackFile), 'utf8'));
  } catch {
    return null;
  }
}

/** Temporal's configuration file may name a server. If it cannot be read, connecting says why. */
async function hasProfile(): Promise<boolean> {
  const { loadClientConnectConfig } = await import('@temporalio/envconfig');
  try {
    return Boolean(loadClientConnectConfig().connectionOptions.address);
  } catch {
    return true;
  }
}
