// Everything a job needs, on this machine and free of charge: dev server, emulated providers and a worker. The demo
// and `npm run dev` differ only in how they use it.

import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type DevStack, stackFile } from '../client/cli/dev-stack.ts';
import { isRunning, markProcess, type ProcessMark } from '../client/cli/process-mark.ts';
import { frontPath } from '../emulator/fronts.ts';
import { providerNames, vendorEntries } from '../providers/registry.ts';
import { type DevServer, startDevServer } from './dev-server.ts';
import { projectRoot } from './tools/cache.ts';
import { type Child, type ChildOptions, startScript } from './tools/child.ts';
import { makeFolder } from './tools/make-folder.ts';
import type { StackPorts } from './tools/stack-ports.ts';

// At its first start, a worker on a busy machine bundles its workflows in a minute.
const readyTimeoutMs = 120_000;

export interface StackOptions {
  /** Holds the server's state and the logs. Only one stack at a time can use a folder. */
  readonly folder: string;
  readonly emulatorArguments?: readonly string[];
  /** Keeps the emulator's state in the folder too. Default: each emulator starts from nothing. */
  readonly keepEmulator?: boolean;
  /** Default: free ones. */
  readonly ports?: StackPorts;
  readonly workerEnv?: Readonly<Record<string, string>>;
  /** Called if the worker ends by itself. With this option the stack then keeps running, and another worker may be started. */
  readonly onWorkerEnd?: () => void;
  /** Is given each line that emulator and worker print. Default: they are only in the logs. */
  readonly echo?: (name: string, line: string) => void;
}

export interface Stack {
  readonly server: DevServer;
  /** The environment that a worker or a client needs to reach this stack. */
  readonly env: Readonly<Record<string, string>>;
  readonly workerPid: number;
  readonly emulatorPid: number;
  /** Resolves, with a reason, when one of its processes ends by itself. */
  readonly broken: Promise<string>;
  stop(): Promise<void>;
}

export async function startStack(options: StackOptions): Promise<Stack> {
  const release = claimFolder(options.folder);
  const stops: (() => Promise<void>)[] = [async () => release()];
  const stop = async () => {
    // Stop the worker first, while its server is still there.
    for (const end of stops.reverse()) await end();
    stops.length = 0;
  };
  try {
    const dbFilename = join(options.folder, 'temporal.db');
    const log = join(options.folder, 'temporal.log');
    const { ports } = options;
    const emulator = startPart('emulator', 'emulator/main.ts', emulatorArguments(options), options);
    stops.push(emulator.stop);
    const server = await startDevServer({ dbFilename, log, ...(ports && { port: ports.temporal, uiPort: ports.ui }) });
    stops.push(server.stop);
    const env = environment(server, await emulator.waitForLine(emulatorUrl, readyTimeoutMs), options);
    const worker = startWorker(env, options);
    stops.push(worker.stop);
    await worker.waitForLine(isReady, readyTimeoutMs);
    describeStack(options.folder, { ...markProcess(process.pid), uiUrl: server.uiUrl, ports: { ...ports }, env });
    const { onWorkerEnd } = options;
    const lasting = [emulator.ended, server.ended];
    const broken = Promise.race(onWorkerEnd ? lasting : [...lasting, worker.ended]);
    if (onWorkerEnd) void worker.ended.then(onWorkerEnd);
    return { server, env, workerPid: worker.pid, emulatorPid: emulator.pid, broken, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The command line of this project for a stack in a folder: only one below `.nightshift` is found without a variable. */
export const nameCommand = (folder: string, address: string | undefined): string =>
  dirname(folder) === join(projectRoot, '.nightshift') ? './nightshift' : `TEMPORAL_ADDRESS=${address} ./nightshift`;

/** Waits for Ctrl-C or another request to end. A second request changes nothing: the end stays orderly. */
export function untilAskedToEnd(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(signal));
  });
}

/** Starts a worker for a stack, with the environment that the stack gave. */
export function startWorker(env: Readonly<Record<string, string>>, options: PartOptions): Child {
  return startPart('worker', 'worker/main.ts', [], options, env);
}

export const isReady = (line: string): true | undefined => (line.includes('worker ready') ? true : undefined);

function emulatorArguments({
  folder,
  keepEmulator,
  ports,
  workerEnv,
  emulatorArguments: more = [],
}: StackOptions): string[] {
  const state = keepEmulator ? ['--state', join(folder, 'emulator')] : [];
  return ['--port', String(ports?.emulator ?? 0), '--buckets', dataFolder(workerEnv), ...state, ...more];
}

/** Whole or not at all, so that a command never reads half of it. */
function describeStack(folder: string, stack: DevStack): void {
  const file = join(folder, stackFile);
  writeFileSync(`${file}.new`, `${JSON.stringify(stack, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

type PartOptions = Pick<StackOptions, 'folder' | 'echo'>;

function startPart(
  name: string,
  file: string,
  args: readonly string[],
  { folder, echo }: PartOptions,
  env: Readonly<Record<string, string>> = {},
): Child {
  const options: ChildOptions = {
    name,
    env,
    logFile: join(folder, `${name}.log`),
    ...(echo && { echo: (line) => echo(name, line) }),
  };
  return startScript(join(projectRoot, file), args, options);
}

/** An emulated provider's lists and outputs do not lag for minutes, so the worker need not wait for minutes either. */
const emulatedTimes = { NIGHTSHIFT_SETTLE: '2s', NIGHTSHIFT_READ_AGAIN: '5s', NIGHTSHIFT_NOT_SHOWN: '1m' };

function environment(server: DevServer, emulatorUrl: string, { workerEnv }: StackOptions): Record<string, string> {
  const { NIGHTSHIFT_TASK_QUEUE: taskQueue = 'nightshift' } = { ...process.env, ...workerEnv };
  return {
    TEMPORAL_ADDRESS: server.address,
    NIGHTSHIFT_WEB_UI: server.uiUrl,
    ...emulatedAccounts(emulatorUrl),
    ...emulatedTimes,
    ...workerEnv,
    NIGHTSHIFT_DATA: dataFolder(workerEnv),
    NIGHTSHIFT_TASK_QUEUE: taskQueue,
  };
}

function dataFolder(workerEnv: StackOptions['workerEnv']): string {
  const { NIGHTSHIFT_DATA: data = '.' } = { ...process.env, ...workerEnv };
  return resolve(data);
}

/** A folder in the worker's data, which the emulator is given as its buckets. */
const emulatedBucket = 'emulated-bucket';

/** The variables that point a worker's providers at an emulator, with made-up keys. */
export function emulatedAccounts(emulatorUrl: string): Record<string, string> {
  const variables = providerNames.flatMap((name) =>
    (vendorEntries[name]?.settings ?? []).flatMap((setting): [string, string][] => {
      if (setting.name === 'baseUrl') return [[setting.variable, `${emulatorUrl}${frontPath(name)}`]];
      if (setting.name === 'bucket') return [[setting.variable, emulatedBucket]];
      return setting.required || setting.secret ? [[setting.variable, 'emulator']] : [];
    }),
  );
  return Object.fromEntries(variables);
}

/** The emulator prints `{"url": "http://127.0.0.1:1234"}` when it listens. */
function emulatorUrl(line: string): string | undefined {
  if (!line.startsWith('{')) return undefined;
  const said: { url?: unknown } = JSON.parse(line);
  return typeof said.url === 'string' ? said.url : undefined;
}

/** Two servers on one database file would corrupt it. */
function claimFolder(folder: string): () => void {
  const file = join(folder, 'pid');
  const owner = readOwner(folder);
  if (owner !== null) {
    throw new Error(
      `${folder} is in use by process ${owner}. Stop that one first, or choose another folder with --state.`,
    );
  }
  makeFolder(folder);
  const { pid, started } = markProcess(process.pid);
  writeFileSync(file, `${pid} ${started ?? ''}\n`);
  const release = () => rmSync(file, { force: true });
  process.once('exit', release);
  return release;
}

/** The process that uses the folder. Null if there is none, even if a killed process left its file there. */
export function readOwner(folder: string): number | null {
  const owner = readMark(join(folder, 'pid'));
  return owner !== null && owner.pid !== process.pid && isRunning(owner) ? owner.pid : null;
}

/** Null if there is none, or if it was cut off. */
function readMark(file: string): ProcessMark | null {
  try {
    const [, pid = '', started = ''] = /^(\d+) ?(.*)/.exec(readFileSync(file, 'utf8')) ?? [];
    return Number(pid) > 0 ? { pid: Number(pid), started: started === '' ? null : started } : null;
  } catch {
    return null;
  }
}
