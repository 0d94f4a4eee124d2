// Plays seeds in several processes, each with a server of its own: a job often waits for its server, and time is skipped for one job at a time.

import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { scratchRoot } from './server.ts';

/** Each process takes the next seed when it has played one. */
export interface Wanted {
  readonly seeds: readonly number[];
  readonly processes: number;
  /** Without one, the seed chooses. */
  readonly provider: string | undefined;
  readonly bundlePath: string;
  /** Where recordings of failing seeds are kept. */
  readonly folder: string;
  readonly say: (line: string) => void;
}

export interface SeedMessage {
  readonly seed: number;
  readonly provider: string | undefined;
}

export type PlayerMessage =
  | { readonly kind: 'line'; readonly line: string }
  | { readonly kind: 'played'; readonly holds: boolean };

const player = fileURLToPath(new URL('player.ts', import.meta.url));
/** Half of a job's work would be collecting garbage: each of its files and requests has buffers, and these start full collections. */
const flags = ['--initial-old-space-size=1024', '--min-semi-space-size=16', '--max-semi-space-size=32'];
/**
 * A process plays so many seeds. The server that skips time keeps every workflow that has ended, and each seed makes it slower: the 160th costs it
 * half as much again as the 20th. A new process costs as much as four seeds.
 */
const seedsMax = 80;
/** Settings of `scripts/run.mjs` that save memory, and let the threads of a process wait for each other. */
const lean = ['MALLOC_ARENA_MAX', 'MALLOC_MMAP_THRESHOLD_'];

/** Far more than any seed takes. A process that is silent for so long waits for a server that no longer answers. */
const silentMsMax = 20 * 60_000;
/** For a process that was asked to end. */
const endMsMax = 30_000;

/** Returns the seeds that failed. */
export async function playInProcesses(wanted: Wanted): Promise<number[]> {
  const series: Series = { left: [...wanted.seeds], again: new Set(), failed: [], wanted };
  const count = Math.min(wanted.processes, series.left.length);
  await Promise.all(Array.from({ length: count }, () => playSome(series)));
  return series.failed;
}

interface Series {
  readonly left: number[];
  /** Seeds whose process has ended once. */
  readonly again: Set<number>;
  readonly failed: number[];
  readonly wanted: Wanted;
}

async function playSome(series: Series): Promise<void> {
  while (series.left.length > 0) {
    const scratch = mkdtempSync(join(scratchRoot, 'nightshift-player-'));
    const child = startPlayer(series.wanted, scratch);
    await playUpTo(seedsMax, child, series);
    await stopPlayer(child);
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Returns early if the process ends. */
async function playUpTo(count: number, child: ChildProcess, series: Series): Promise<void> {
  const { left, failed, wanted } = series;
  for (let played = 0; played < count; played += 1) {
    const seed = left.shift();
    if (seed === undefined) return;
    const ending = await playSeed(child, { seed, provider: wanted.provider }, wanted.say);
    if (ending === 'failed') failed.push(seed);
    if (ending === 'died') return noteDeath(seed, child, series);
  }
}

/** The process may have ended for a reason of its own, such as a connection that broke: only a seed that ends a second one has failed. */
function noteDeath(
  seed: number,
  { signalCode, exitCode }: ChildProcess,
  { left, again, failed, wanted }: Series,
): void {
  const how = signalCode ?? exitCode ?? 'silent';
  if (!again.has(seed)) {
    again.add(seed);
    left.unshift(seed);
    wanted.say(`seed ${seed}: its process ended (${how}); it is played again`);
    return;
  }
  failed.push(seed);
  wanted.say(`seed ${seed}: BROKEN, its process ended: ${how}`);
}

function startPlayer({ folder, bundlePath }: Wanted, scratch: string): ChildProcess {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !lean.includes(name)));
  const execArgv = [...flags, '--disable-warning=ExperimentalWarning'];
  return fork(player, [folder, bundlePath, scratch], { env, execArgv, detached: true });
}

function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing of the group was left.
  }
}

function playSeed(child: ChildProcess, message: SeedMessage, say: Wanted['say']): Promise<'holds' | 'failed' | 'died'> {
  const { promise, resolve } = Promise.withResolvers<'holds' | 'failed' | 'died'>();
  const read = (answer: PlayerMessage): void => {
    if (answer.kind === 'line') say(answer.line);
    else resolve(answer.holds ? 'holds' : 'failed');
  };
  const end = (): void => resolve('died');
  const silence = setTimeout(end, silentMsMax);
  child.on('message', read).once('exit', end);
  child.send(message, (error) => error !== null && end());
  return promise.finally(() => {
    clearTimeout(silence);
    child.off('message', read).off('exit', end);
  });
}

/** What it started ends with it, also if it has ended by itself or does not end. */
async function stopPlayer(child: ChildProcess): Promise<void> {
  if (child.connected) {
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.disconnect();
    await Promise.race([ended, sleep(endMsMax, undefined, { ref: false })]);
  }
  endGroup(child);
}
