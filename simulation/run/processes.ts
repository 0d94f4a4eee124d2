// Plays seeds in several processes, each with a server of its own: a job often waits for its server, and time is skipped for one job at a time.

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

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

/** Returns the seeds that failed. */
export async function playInProcesses(wanted: Wanted): Promise<number[]> {
  const left = [...wanted.seeds];
  const failed: number[] = [];
  const count = Math.min(wanted.processes, left.length);
  await Promise.all(Array.from({ length: count }, () => playSome(left, failed, wanted)));
  return failed;
}

async function playSome(left: number[], failed: number[], wanted: Wanted): Promise<void> {
  while (left.length > 0) {
    const child = startPlayer(wanted);
    const hasEnded = await playUpTo(seedsMax, child, { left, failed, wanted });
    await (hasEnded ? endGroup(child) : stopPlayer(child));
  }
}

/** Whether the process has ended before it was asked to. */
async function playUpTo(
  count: number,
  child: ChildProcess,
  { left, failed, wanted }: { left: number[]; failed: number[]; wanted: Wanted },
): Promise<boolean> {
  for (let played = 0; played < count; played += 1) {
    const seed = left.shift();
    if (seed === undefined) return false;
    const ending = await playSeed(child, { seed, provider: wanted.provider }, wanted.say);
    if (ending !== 'holds') failed.push(seed);
    if (ending !== 'died') continue;
    wanted.say(`seed ${seed}: BROKEN, its process ended: ${child.signalCode ?? child.exitCode}`);
    return true;
  }
  return false;
}

function startPlayer({ folder, bundlePath }: Wanted): ChildProcess {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !lean.includes(name)));
  const execArgv = [...flags, '--disable-warning=ExperimentalWarning'];
  return fork(player, [folder, bundlePath], { env, execArgv, detached: true });
}

/** A process that has ended by itself leaves its server. */
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
  child.on('message', read).once('exit', end);
  child.send(message, (error) => error !== null && end());
  return promise.finally(() => child.off('message', read).off('exit', end));
}

async function stopPlayer(child: ChildProcess): Promise<void> {
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.disconnect();
  await ended;
}
