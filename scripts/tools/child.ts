// A child process that certainly ends: it is stopped by its process id, first with SIGTERM, and it is killed if this process ends
// without stopping it, even by SIGKILL.
import type { ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { spawnGuarded } from './guard.ts';

const stopGraceMs = 10_000;
const tailLinesMax = 20;

export interface ChildOptions {
  readonly name: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The file for everything it prints. */
  readonly logFile?: string;
  /** Is given each line that it prints. */
  readonly echo?: (line: string) => void;
}

export interface Child {
  readonly pid: number;
  readonly running: boolean;
  /** Null while it runs, and if a signal ended it. */
  readonly exitCode: number | null;
  /** Its last lines, for a message that says why it failed. */
  tail(): string;
  /** Resolves with what `pick` returns for the first line, printed before or after this call, that it does not return undefined for. */
  waitForLine<T>(pick: (line: string) => T | undefined, timeoutMs: number): Promise<T>;
  /** Resolves with its name and last lines if it ends without being stopped. */
  readonly ended: Promise<string>;
  /** Sends SIGTERM and, if that is not enough, SIGKILL. Resolves when the process is gone. */
  stop(): Promise<void>;
  /** Sends SIGKILL immediately, as a crash would end it. */
  kill(): Promise<void>;
}

/** Starts one of this project's own TypeScript files with the Node that runs this one. */
export function startScript(file: string, args: readonly string[], options: ChildOptions): Child {
  return startChild(process.execPath, [...process.execArgv, file, ...args], options);
}

export function startChild(file: string, args: readonly string[], options: ChildOptions): Child {
  const env = { ...process.env, ...options.env };
  const child = spawnGuarded(file, args, { cwd: options.cwd, env });
  const killNow = () => child.kill('SIGKILL');
  process.once('exit', killNow);
  const gone = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  });
  void gone.then(() => process.removeListener('exit', killNow));
  const lines = collectLines(child, options);
  const running = () => child.exitCode === null && child.signalCode === null && child.pid !== undefined;
  let stopping = false;
  const tail = () => lines.kept.slice(-tailLinesMax).join('\n');
  const ended = new Promise<string>((resolve) => {
    void gone.then(() => stopping || resolve(`${options.name} ended by itself. It last said:\n${tail()}`));
  });
  return {
    pid: child.pid ?? 0,
    get running() {
      return running();
    },
    get exitCode() {
      return child.exitCode;
    },
    tail,
    ended,
    waitForLine: (pick, timeoutMs) => waitForLine(options.name, lines, gone, pick, timeoutMs),
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };

  async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    stopping = true;
    if (running()) child.kill(signal);
    const timer = setTimeout(killNow, stopGraceMs);
    await gone;
    clearTimeout(timer);
  }
}

interface Lines {
  readonly kept: string[];
  readonly listeners: Set<(line: string) => void>;
}

function collectLines(child: ChildProcess, options: ChildOptions): Lines {
  const lines: Lines = { kept: [], listeners: new Set() };
  const log = options.logFile ? openLog(options.logFile) : undefined;
  const take = (line: string) => {
    lines.kept.push(line);
    if (lines.kept.length > 10 * tailLinesMax) lines.kept.splice(0, tailLinesMax);
    log?.write(`${line}\n`);
    options.echo?.(line);
    for (const listener of lines.listeners) listener(line);
  };
  child.on('error', (error) => take(`${options.name} could not be started: ${error.message}`));
  child.on('close', () => log?.end());
  for (const stream of [child.stdout, child.stderr]) readLines(stream, take);
  return lines;
}

function readLines(stream: Readable | null, take: (line: string) => void): void {
  if (stream) createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', take);
}

function openLog(file: string): WriteStream {
  mkdirSync(dirname(file), { recursive: true });
  return createWriteStream(file, { flags: 'a' });
}

function waitForLine<T>(
  name: string,
  lines: Lines,
  gone: Promise<void>,
  pick: (line: string) => T | undefined,
  timeoutMs: number,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      done();
      reject(new Error(`${name} ${why}. It last said:\n${lines.kept.slice(-tailLinesMax).join('\n')}`));
    };
    const check = (line: string) => {
      const picked = pick(line);
      if (picked === undefined) return;
      done();
      resolve(picked);
    };
    const timer = setTimeout(() => fail(`was not ready after ${timeoutMs / 1000} s`), timeoutMs);
    const done = () => {
      clearTimeout(timer);
      lines.listeners.delete(check);
    };
    lines.listeners.add(check);
    for (const line of [...lines.kept]) check(line);
    void gone.then(() => setImmediate(() => lines.listeners.has(check) && fail('ended before it was ready')));
  });
}
