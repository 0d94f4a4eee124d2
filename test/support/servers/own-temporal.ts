// The Temporal server on a PostgreSQL server, both of the test's own, set up and started as docker-compose.yml does it.

import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { projectRoot } from '../../../scripts/tools/cache.ts';
import { startChild } from '../../../scripts/tools/child.ts';
import { runCommand } from '../../../scripts/tools/command.ts';
import { freePort } from '../../../scripts/tools/free-port.ts';
import { ensureTemporalServer } from '../../../scripts/tools/go/temporal-server.ts';
import { readCompose, readEnvironment } from '../container-files.ts';
import { type Postgres, startPostgres } from '../postgres.ts';

const schemaTimeoutMs = 60_000;
const readyTimeoutMs = 60_000;
const tailCharactersMax = 3_000;
const host = '127.0.0.1';
const variables = { POSTGRES_PASSWORD: 'unused' };

export interface OwnTemporal {
  readonly address: string;
  /** Where Prometheus scrapes it. */
  readonly metrics: string;
  stop(): Promise<void>;
}

export async function startOwnTemporal(): Promise<OwnTemporal> {
  const { bin, root } = await ensureTemporalServer();
  const postgres = await startPostgres();
  try {
    // Twice: the second run is an upgrade with nothing to do.
    for (let run = 1; run <= 2; run += 1) await setUpSchema(bin, postgres);
    const port = await freePort();
    const env = await serverEnvironment(postgres, port);
    const args = ['--root', root, '--config', 'config', '--env', 'docker', '--allow-no-auth', 'start'];
    const server = startChild(join(bin, 'temporal-server'), args, { name: 'temporal-server', env });
    const stop = async (): Promise<void> => {
      await server.stop();
      await postgres.stop();
    };
    const address = `${host}:${port}`;
    await untilServing(address, () => server.running).catch(async (error: unknown) => {
      await server.stop();
      throw new Error(`${error instanceof Error ? error.message : error}\n${server.tail().slice(-tailCharactersMax)}`);
    });
    return { address, metrics: `http://${env.PROMETHEUS_ENDPOINT}/metrics`, stop };
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}

/** The one-shot service `temporal-schema`. */
async function setUpSchema(bin: string, postgres: Postgres): Promise<void> {
  const { command = [] } = readCompose().services['temporal-schema'] ?? {};
  const args = command.slice(1).map((word) => word.replace(/^\/ops/, join(projectRoot, 'ops')));
  const env = {
    ...process.env,
    PATH: [bin, process.env.PATH].join(delimiter),
    ...readEnvironment('temporal-schema', variables),
    SQL_HOST: host,
    SQL_PORT: String(postgres.port),
  };
  const done = await runCommand(command[0] ?? '', args, { env, timeoutMs: schemaTimeoutMs });
  if (!done.ok) throw new Error(`the schema could not be set up: ${done.why}`);
}

async function serverEnvironment(postgres: Postgres, port: number): Promise<Record<string, string>> {
  const given = readEnvironment('temporal', variables);
  const names = ['HISTORY', 'MATCHING', 'WORKER', 'FRONTEND'];
  const own: Record<string, string> = {
    ...given,
    POSTGRES_SEEDS: host,
    DB_PORT: String(postgres.port),
    // The template reads the visibility database's port from here.
    POSTGRES_PORT: String(postgres.port),
    BIND_ON_IP: host,
    TEMPORAL_BROADCAST_ADDRESS: host,
    PROMETHEUS_ENDPOINT: `${host}:${await freePort()}`,
    DYNAMIC_CONFIG_FILE_PATH: (given.DYNAMIC_CONFIG_FILE_PATH ?? '').replace(/^\/ops/, join(projectRoot, 'ops')),
    TEMPORAL_VERSION_CHECK_DISABLED: '1',
    FRONTEND_HTTP_PORT: String(await freePort()),
  };
  for (const name of names) {
    own[`${name}_MEMBERSHIP_PORT`] = String(await freePort());
    own[`${name}_GRPC_PORT`] = String(name === 'FRONTEND' ? port : await freePort());
  }
  return own;
}

async function untilServing(address: string, isRunning: () => boolean): Promise<void> {
  for (const end = Date.now() + readyTimeoutMs; Date.now() < end; await sleep(200)) {
    if (!isRunning()) throw new Error('The Temporal server ended immediately.');
    try {
      const connection = await Connection.connect({ address, connectTimeout: 1_000 });
      await connection.close();
      return;
    } catch {
      // It is still starting.
    }
  }
  throw new Error(`The Temporal server at ${address} did not start.`);
}
