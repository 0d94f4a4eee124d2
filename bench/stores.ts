// Where a measured job has its dataset and its output: on local disk, or in a bucket of a real server on this machine.

import { createReadStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startGcsServer, startS3Server } from '../scripts/tools/go/run-store-servers.ts';
import { createStore } from '../storage/registry.ts';
import type { Store } from '../storage/store.ts';

export const storeNames = ['disk', 's3', 'gcs'] as const;
export type StoreName = (typeof storeNames)[number];

export interface BenchStore {
  readonly store: Store;
  /** Every uri of the measured job begins with it. */
  readonly root: string;
  /** For the worker's environment. */
  readonly variables: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

const bucket = 'bench';

/** `folder` is the data root, and holds the data of the server. */
export async function openBenchStore(name: StoreName, folder: string): Promise<BenchStore> {
  const open = (): Store => createStore({ dataRoot: folder, s3PathStyle: true, scratch: folder });
  if (name === 'disk') return { store: open(), root: '', variables: {}, stop: async () => undefined };
  const data = join(folder, 'server');
  mkdirSync(data);
  const server = await (name === 's3' ? startS3Server : startGcsServer)(data);
  if (server === null) throw new Error(`--stores ${name} needs the command \`go\` to build a server with`);
  const { variables } = server;
  await server.makeBucket(bucket);
  // The vendors' clients read this process's environment.
  Object.assign(process.env, variables);
  return { store: open(), root: `${name === 's3' ? 's3' : 'gs'}://${bucket}/`, variables, stop: server.stop };
}

export async function copyIn(store: Store, path: string, uri: string): Promise<void> {
  const sink = await store.create(uri);
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) await sink.write(chunk);
  await sink.close();
}
