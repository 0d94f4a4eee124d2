// The Temporal server of the version that docker-compose.yml has, with its state in memory. The long tests run on it what all others run on the
// CLI's dev server.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inject } from 'vitest';
import { type DevServerOptions, isServing, searchAttributeNames } from '../../../scripts/dev-server.ts';
import { startChild } from '../../../scripts/tools/child.ts';
import { runCommand } from '../../../scripts/tools/command.ts';
import { freePort } from '../../../scripts/tools/free-port.ts';

const host = '127.0.0.1';
const readyTimeoutMs = 120_000;
const namespace = 'default';
const commandTimeoutMs = 10_000;

type Options = Pick<DevServerOptions, 'attributes' | 'searchAttributes' | 'dynamicConfig'>;

export interface NewerServer {
  readonly address: string;
  stop(): Promise<void>;
}

export async function startNewerServer(executable: string, options: Options): Promise<NewerServer> {
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-server-'));
  const port = await freePort();
  const address = `${host}:${port}`;
  writeFileSync(join(folder, 'dynamic.yaml'), JSON.stringify(writeDynamicConfig(options)));
  writeFileSync(join(folder, 'server.yaml'), JSON.stringify(await writeConfig(port, folder)));
  const args = ['--config-file', join(folder, 'server.yaml'), '--allow-no-auth', 'start'];
  const env = { ...process.env, TEMPORAL_VERSION_CHECK_DISABLED: '1' };
  const server = startChild(executable, args, { name: 'temporal-server', env });
  const stop = async (): Promise<void> => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await prepare(address, options, () => server.running);
    return { address, stop };
  } catch (error) {
    await stop();
    throw new Error(`The Temporal server at ${address} did not start. It last said:\n${server.tail()}`, {
      cause: error,
    });
  }
}

/** As the CLI's dev server has it: new attributes are known immediately, and tasks are taken by priority and fairly. */
const writeDynamicConfig = ({ dynamicConfig = {} }: Options): object =>
  Object.fromEntries(
    Object.entries({
      'system.forceSearchAttributesCacheRefreshOnRead': true,
      'matching.useNewMatcher': true,
      'matching.enableFairness': true,
      ...Object.fromEntries(Object.entries(dynamicConfig).map(([key, value]) => [key, JSON.parse(value)])),
    }).map(([key, value]) => [key, [{ value }]]),
  );

async function writeConfig(port: number, folder: string): Promise<object> {
  const sqlite = {
    sql: {
      pluginName: 'sqlite',
      databaseName: 'default',
      connectAddr: 'localhost',
      connectProtocol: 'tcp',
      connectAttributes: { mode: 'memory', cache: 'private' },
      maxConns: 1,
      maxIdleConns: 1,
      maxConnLifetime: '1h',
    },
  };
  const service = async (grpcPort: number) => ({
    rpc: { grpcPort, membershipPort: await freePort(), bindOnIP: host },
  });
  const frontend = await service(port);
  const httpPort = await freePort();
  return {
    log: { stdout: true, level: 'warn' },
    persistence: {
      defaultStore: 'main',
      visibilityStore: 'visibility',
      numHistoryShards: 1,
      datastores: { main: sqlite, visibility: sqlite },
    },
    global: { membership: { maxJoinDuration: '30s', broadcastAddress: host } },
    services: {
      frontend: { rpc: { ...frontend.rpc, httpPort } },
      matching: await service(await freePort()),
      history: await service(await freePort()),
      worker: await service(await freePort()),
    },
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: { enabled: true, initialFailoverVersion: 1, rpcName: 'frontend', rpcAddress: `${host}:${port}` },
      },
    },
    dcRedirectionPolicy: { policy: 'noop' },
    archival: { history: { state: 'disabled' }, visibility: { state: 'disabled' } },
    dynamicConfigClient: { filepath: join(folder, 'dynamic.yaml'), pollInterval: '10s' },
  };
}

/** Registers the namespace and the search attributes, which the dev server has from its start. */
async function prepare(address: string, options: Options, isRunning: () => boolean): Promise<void> {
  const attributes = {
    ...Object.fromEntries((options.attributes ?? searchAttributeNames).map((name) => [name, 'Keyword'])),
    ...options.searchAttributes,
  };
  const commands = [
    ['namespace', 'create', namespace, '--retention', '24h'],
    ...Object.entries(attributes).map(([name, type]) => ['search-attribute', 'create', '--name', name, '--type', type]),
  ];
  const end = Date.now() + readyTimeoutMs;
  for (const command of commands) await untilDone(address, command, () => isRunning() && Date.now() < end);
  while (!(await isServing(address))) {
    if (!isRunning() || Date.now() > end) throw new Error('it does not serve its namespace');
    await sleep(100);
  }
}

async function untilDone(address: string, command: readonly string[], mayTry: () => boolean): Promise<void> {
  const args = ['operator', ...command, '--address', address, '--namespace', namespace];
  for (;;) {
    const done = await runCommand(inject('temporalCli'), args, { timeoutMs: commandTimeoutMs });
    if (done.ok || /already (exists|registered)/i.test(done.why)) return;
    if (!mayTry()) throw new Error(`temporal ${args.join(' ')} failed: ${done.why}`);
    await sleep(500);
  }
}
