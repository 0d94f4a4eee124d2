// An emulator of Google Cloud Storage for the tests of a file. Google's client finds it by its variable.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { type Child, startChild } from '../../../scripts/tools/child.ts';
import { whichCommand } from '../../../scripts/tools/command.ts';
import { freePort } from '../../../scripts/tools/free-port.ts';
import { ensureGcsServer } from '../../../scripts/tools/go/store-servers.ts';
import { awaitServer } from './await-server.ts';

/** Where it is not built yet, Go takes some minutes. */
const setUpMs = 15 * 60_000;

/** Without Go there is no server, and its tests are left out. */
export const hasGcsServer = whichCommand('go') !== undefined;
if (!hasGcsServer) console.warn('THE TESTS OF GCS ARE LEFT OUT: `go` is not on the PATH to build a server with.');

export interface GcsServer {
  readonly port: number;
  variables(): Readonly<Record<string, string>>;
  /** Makes a bucket and returns its name. */
  makeBucket(): Promise<string>;
}

/** At the top of a test file. Sets this process's variables too. */
export function gcsServer(): GcsServer {
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-gcs-'));
  let server: Child | null = null;
  let port = 0;
  let buckets = 0;
  const variables = () => ({ STORAGE_EMULATOR_HOST: `http://127.0.0.1:${port}` });
  beforeAll(async () => {
    const program = hasGcsServer ? await ensureGcsServer() : null;
    if (program === null) return;
    port = await freePort();
    const address = ['-host', '127.0.0.1', '-port', String(port), '-public-host', `127.0.0.1:${port}`];
    const args = ['-backend', 'filesystem', '-filesystem-root', folder, '-scheme', 'http', ...address];
    server = await awaitServer(
      startChild(program, args, { name: 'GCS server' }),
      `http://127.0.0.1:${port}/_internal/healthcheck`,
    );
    Object.assign(process.env, variables());
  }, setUpMs);
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    get port() {
      return port;
    },
    variables,
    async makeBucket() {
      buckets += 1;
      const name = `bucket-${buckets}`;
      const made = await fetch(`http://127.0.0.1:${port}/storage/v1/b?project=test`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ name }),
      });
      if (!made.ok) throw new Error(`the GCS server made no bucket: ${made.status}`);
      return name;
    },
  };
}
