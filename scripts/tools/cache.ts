// The cache of downloaded and built tools, shared by every checkout on the machine. A tool is installed exactly once: built in a
// temporary folder, then renamed, under a lock that ends with its owner.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

// Building the Temporal CLI may take minutes on a small machine, so a process that waits for it waits at least as long.
const lockWaitMs = 20 * 60_000;
// Between making a lock and writing its owner's process id; past it the owner must have died.
const lockGraceMs = 10_000;

/** The same folder as in scripts/run.mjs, which may not import TypeScript. */
export const cacheDir = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'nightshift');

export const projectRoot = dirname(dirname(import.meta.dirname));

export type Progress = (message: string) => void;

export const say: Progress = (message) => {
  process.stderr.write(`nightshift: ${message}\n`);
};

/** Makes `<cache>/<name>` with `build`, unless it exists. `build` fills a temporary folder or throws; then nothing is kept. */
export async function installOnce(name: string, build: (folder: string) => Promise<void>): Promise<string> {
  const target = join(cacheDir, name);
  if (existsSync(target)) return target;
  await withLock(name, async () => {
    if (existsSync(target)) return;
    const temporary = mkdtempSync(join(cacheDir, `${name}-install-`));
    const clean = () => rmSync(temporary, { recursive: true, force: true });
    process.once('exit', clean);
    try {
      await build(temporary);
      renameSync(temporary, target);
    } finally {
      process.removeListener('exit', clean);
      clean();
    }
  });
  return target;
}

/** Runs one process at a time among all that share the cache. */
export async function withLock<T>(name: string, action: () => Promise<T>): Promise<T> {
  const lock = join(cacheDir, 'locks', name);
  mkdirSync(dirname(lock), { recursive: true });
  await takeLock(lock);
  const release = () => rmSync(lock, { recursive: true, force: true });
  process.once('exit', release);
  try {
    return await action();
  } finally {
    process.removeListener('exit', release);
    release();
  }
}

async function takeLock(lock: string): Promise<void> {
  const started = Date.now();
  for (let tries = 0; !tryLock(lock); tries += 1) {
    if (tries === 0) say(`waiting for another run that is installing (${lock}) ...`);
    if (isStale(lock, Date.now() - started)) rmSync(lock, { recursive: true, force: true });
    if (Date.now() - started > lockWaitMs) {
      throw new Error(`Waited too long for ${lock}. If nothing is installing, delete that folder and try again.`);
    }
    await sleep(300);
  }
}

function tryLock(lock: string): boolean {
  try {
    mkdirSync(lock);
  } catch {
    return false;
  }
  writeFileSync(join(lock, 'pid'), String(process.pid));
  return true;
}

function isStale(lock: string, waitedMs: number): boolean {
  if (!existsSync(join(lock, 'pid'))) return waitedMs > lockGraceMs;
  try {
    process.kill(Number(readFileSync(join(lock, 'pid'), 'utf8')), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
