// Runs a command to its end with a time limit, progress messages, and the end of its output if it fails: installing a tool must
// never hang silently or fail without a reason.
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Progress } from './cache.ts';
import { spawnGuarded } from './guard.ts';

const tailCharactersMax = 2_000;
// Without a listener, these signals would end this process and leave the command running.
const forwardedSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const progressEveryMs = 5_000;

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
  /** Called every few seconds with the elapsed seconds. */
  readonly onTick?: (seconds: number) => void;
  /** Called every second. Returning true ends the command early. */
  readonly giveUp?: () => boolean;
}

export type CommandResult =
  | { readonly ok: true; readonly output: string }
  | { readonly ok: false; readonly why: string };

/** Uses a separate process group, so that a time-out also ends what the command started. */
export function runCommand(file: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const env = options.env ?? process.env;
  const child = spawnGuarded(file, args, { cwd: options.cwd, env, detached: true });
  const end = () => endGroup(child.pid);
  const interrupted = () => process.exit(130);
  process.once('exit', end);
  for (const signal of forwardedSignals) process.once(signal, interrupted);
  const started = Date.now();
  let output = '';
  let why = '';
  const collect = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-tailCharactersMax);
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const stop = (reason: string) => {
    why = reason;
    end();
  };
  const ticks = setInterval(() => options.onTick?.(Math.round((Date.now() - started) / 1000)), progressEveryMs);
  const watch = setInterval(() => {
    if (Date.now() - started > options.timeoutMs) {
      stop(`it took longer than ${options.timeoutMs / 1000} s`);
    } else if (options.giveUp?.()) {
      stop('it made no progress');
    }
  }, 1_000);
  return new Promise((resolve) => {
    const finish = (result: CommandResult) => {
      clearInterval(ticks);
      clearInterval(watch);
      process.removeListener('exit', end);
      for (const signal of forwardedSignals) process.removeListener(signal, interrupted);
      resolve(result);
    };
    child.on('error', (error) => finish({ ok: false, why: error.message }));
    child.on('close', (code) => {
      if (code === 0 && why === '') {
        finish({ ok: true, output });
      } else {
        finish({ ok: false, why: `${why || `exit code ${code}`}: ${output.trim()}` });
      }
    });
  });
}

/** Prints how long the command has taken so far and how long it may take. */
export function ticking(say: Progress, what: string, expect: string): (seconds: number) => void {
  return (seconds) => say(`${what} ... ${seconds} s (${expect})`);
}

/** Finds an executable on the PATH, as a shell would. */
export function whichCommand(name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has already ended.
  }
}
