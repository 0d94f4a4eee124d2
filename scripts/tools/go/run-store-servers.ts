// Runs a real S3 server or an emulator of Google Cloud Storage, for tests and the benchmark.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { awaitServer } from '../await-server.ts';
import { startChild } from '../child.ts';
import { freePort } from '../free-port.ts';
import { ensureGcsServer, ensureS3Server } from './store-servers.ts';

export interface StoreServer {
  readonly program: string;
  readonly port: number;
  /** What a process that uses the server needs in its environment. */
  readonly variables: Readonly<Record<string, string>>;
  makeBucket(name: string): Promise<void>;
  stop(): Promise<void>;
}

const root = { access: 'tester', secret: 'a-secret-of-tests' } as const;

/** Keeps its data in the folder. Null if there is no Go to build it with. */
export async function startS3Server(folder: string): Promise<StoreServer | null> {
  const program = await ensureS3Server();
  if (program === null) return null;
  const port = await freePort();
  const [data, users] = [join(folder, 'data'), join(folder, 'users')];
  await Promise.all([mkdir(data), mkdir(users)]);
  const args = ['-p', `127.0.0.1:${port}`, '--keep-alive', '--quiet', '--iam-dir', users, 'posix', data];
  const env = { ROOT_ACCESS_KEY: root.access, ROOT_SECRET_KEY: root.secret };
  const server = await awaitServer(startChild(program, args, { name: 'S3 server', env }), `http://127.0.0.1:${port}`);
  return {
    program,
    port,
    variables: {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_ACCESS_KEY_ID: root.access,
      AWS_SECRET_ACCESS_KEY: root.secret,
      AWS_REGION: 'us-east-1',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    makeBucket: async (name) => void (await mkdir(join(data, name), { recursive: true })),
    stop: () => server.stop(),
  };
}

/** Keeps its data in the folder. Null if there is no Go to build it with. */
export async function startGcsServer(folder: string): Promise<StoreServer | null> {
  const program = await ensureGcsServer();
  if (program === null) return null;
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const address = ['-host', '127.0.0.1', '-port', String(port), '-public-host', `127.0.0.1:${port}`];
  const args = ['-backend', 'filesystem', '-filesystem-root', folder, '-scheme', 'http', ...address];
  const server = await awaitServer(startChild(program, args, { name: 'GCS server' }), `${url}/_internal/healthcheck`);
  return {
    program,
    port,
    variables: { STORAGE_EMULATOR_HOST: url },
    makeBucket: (name) => makeGcsBucket(url, name),
    stop: () => server.stop(),
  };
}

export async function makeGcsBucket(url: string, name: string): Promise<void> {
  const made = await fetch(`${url}/storage/v1/b?project=test`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ name }),
  });
  if (!made.ok) throw new Error(`the GCS server made no bucket: ${made.status}`);
}
