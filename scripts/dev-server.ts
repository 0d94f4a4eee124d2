// A Temporal dev server for the demo, for development and for tests: real server, one process, no Docker.
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection, WorkflowNotFoundError } from '@temporalio/client';
import { searchAttributes } from '../domain/progress/search-attributes.ts';
import { type Child, startChild } from './tools/child.ts';
import { freePort } from './tools/free-port.ts';
import { ensureTemporalCli } from './tools/temporal-cli.ts';

const host = '127.0.0.1';
const readyTimeoutMs = 120_000;

/** The search attributes that the workflows upsert. A server that does not know one fails the workflow task. */
export const searchAttributeNames: readonly string[] = searchAttributes;

/** Tasks that wait are taken by priority, and fairly between tenants. Off by default in this version of the server. */
const fairQueues = { 'matching.useNewMatcher': 'true', 'matching.enableFairness': 'true' };

export interface DevServerOptions {
  /** The file that keeps the server's state. Default: in memory. */
  readonly dbFilename?: string;
  readonly port?: number;
  readonly uiPort?: number;
  /** No Web UI. */
  readonly headless?: boolean;
  /** Which of Nightshift's attributes to register. Default: all. A test may leave some out. */
  readonly attributes?: readonly string[];
  /** Further attributes, name to type, next to Nightshift's four (all Keyword). */
  readonly searchAttributes?: Readonly<Record<string, string>>;
  readonly dynamicConfig?: Readonly<Record<string, string>>;
  /** The file for the server's log. */
  readonly log?: string;
}

export interface DevServer {
  readonly address: string;
  readonly uiUrl: string;
  readonly pid: number;
  /** Resolves with the reason if the server ends without being stopped. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
  /** Kills the server, as a power cut would. */
  kill(): Promise<void>;
}

/** Resolves when the server serves its default namespace. */
export async function startDevServer(options: DevServerOptions = {}): Promise<DevServer> {
  const cli = await ensureTemporalCli();
  const port = options.port ?? (await freePort());
  const uiPort = options.headless ? undefined : (options.uiPort ?? (await freePort()));
  if (options.dbFilename) mkdirSync(dirname(options.dbFilename), { recursive: true });
  const child = startChild(cli, await serverArguments(options, port, uiPort), {
    name: 'temporal dev server',
    ...(options.log && { logFile: options.log }),
  });
  const address = `${host}:${port}`;
  try {
    await untilServing(child, address);
  } catch (error) {
    await child.kill();
    throw error;
  }
  const uiUrl = uiPort === undefined ? '' : `http://${host}:${uiPort}`;
  return { address, uiUrl, pid: child.pid, ended: child.ended, stop: child.stop, kill: child.kill };
}

async function serverArguments(options: DevServerOptions, port: number, uiPort: number | undefined): Promise<string[]> {
  const attributes = {
    ...Object.fromEntries((options.attributes ?? searchAttributeNames).map((name) => [name, 'Keyword'])),
    ...options.searchAttributes,
  };
  const common = ['server', 'start-dev', '--ip', host, '--port', String(port), '--log-level', 'warn'];
  // Ports not named here would be picked next to the others, where another server may already listen.
  const ports = ['--metrics-port', String(await freePort()), '--http-port', String(await freePort())];
  const ui = uiPort === undefined ? ['--headless'] : ['--ui-port', String(uiPort)];
  // The default pragmas wait for the disk at every step: four to seven times slower on an ordinary machine.
  const pragmas = ['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=normal'];
  return [
    ...common,
    ...ports,
    ...ui,
    ...(options.dbFilename ? ['--db-filename', options.dbFilename, ...pragmas] : []),
    ...Object.entries(attributes).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]),
    ...Object.entries({ ...fairQueues, ...options.dynamicConfig }).flatMap(([key, value]) => [
      '--dynamic-config-value',
      `${key}=${value}`,
    ]),
  ];
}

async function untilServing(child: Child, address: string): Promise<void> {
  const deadline = Date.now() + readyTimeoutMs;
  while (!(await isServing(address))) {
    if (!child.running) throw new Error(`The Temporal dev server ended immediately. It last said:\n${child.tail()}`);
    if (Date.now() > deadline) throw new Error(`The Temporal dev server at ${address} did not start:\n${child.tail()}`);
    await sleep(100);
  }
}

/**
 * Its parts learn of the namespace one after the other, and the part that starts workflows does so when it is first asked. Any
 * fault of the database then reads as "namespace not found". So that part is asked, with a signal to a workflow that does not exist.
 */
export async function isServing(address: string): Promise<boolean> {
  let connection: Connection | undefined;
  try {
    connection = await Connection.connect({ address, connectTimeout: 1_000 });
    await new Client({ connection }).workflow.getHandle('nightshift-does-not-exist').signal('isServing');
    return true;
  } catch (error) {
    return error instanceof WorkflowNotFoundError;
  } finally {
    await connection?.close();
  }
}
