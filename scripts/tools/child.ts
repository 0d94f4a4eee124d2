// A process that a script starts and surely ends: it is stopped by its own process id, first politely, and it is killed
// if this process ends without stopping it.
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

const stopGraceMs = 10_000;
const tailLinesMax = 20;

export interface ChildOptions {
  readonly name: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Everything it prints is written there. */
  readonly logFile?: string;
  /** Everything it prints is shown, each line with the name before it. */
  readonly echo?: boolean;
}

export interface Child {
  readonly pid: number;
  readonly running: boolean;
  /** Null while it runs, and where a signal ended it. */
  readonly exitCode: number | null;
  /** Its last lines, for a message that says why it failed. */
  tail(): string;
  /** The first line, printed before or after this call, for which `pick` answers something. */
  waitForLine<T>(pick: (line: string) => T | undefined, timeoutMs: number): Promise<T>;
  /** When it is gone without having been stopped: its name and its last lines. */
  readonly ended: Promise<string>;
  /** SIGTERM, and SIGKILL where that is not enough; done when the process is gone. */
  stop(): Promise<void>;
  /** SIGKILL at once, as a crash would. */
  kill(): Promise<void>;
}

/** Starts one of this project's own TypeScript files with the Node that runs this one. */
export function startScript(file: string, args: readonly string[], options: ChildOptions): Child {
  return startChild(process.execPath, [...process.execArgv, file, ...args], options);
}

export function startChild(file: string, args: readonly string[], options: ChildOptions): Child {
  const env = { ...process.env, ...options.env };
  const child = spawn(file, args, { ...(options.cwd && { cwd: options.cwd }), env, stdio: ['ignore', 'pipe', 'pipe'] });
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
    if (options.echo) process.stderr.write(`[${options.name}] ${line}\n`);
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
    const look = (line: string) => {
      const picked = pick(line);
      if (picked === undefined) return;
      done();
      resolve(picked);
    };
    const timer = setTimeout(() => fail(`was not ready after ${timeoutMs / 1000} s`), timeoutMs);
    const done = () => {
      clearTimeout(timer);
      lines.listeners.delete(look);
    };
    lines.listeners.add(look);
    for (const line of [...lines.kept]) look(line);
    void gone.then(() => setImmediate(() => lines.listeners.has(look) && fail('ended before it was ready')));
  });
}
