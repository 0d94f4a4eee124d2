// An emulator of Google Cloud Storage for the tests of a file. Google's client finds it by its variable.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { whichCommand } from '../../../scripts/tools/command.ts';
import { type StoreServer, startGcsServer } from '../../../scripts/tools/go/run-store-servers.ts';

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
  let server: StoreServer | null = null;
  let buckets = 0;
  beforeAll(async () => {
    server = hasGcsServer ? await startGcsServer(folder) : null;
    Object.assign(process.env, server?.variables);
  }, setUpMs);
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    get port() {
      return server?.port ?? 0;
    },
    variables: () => server?.variables ?? {},
    async makeBucket() {
      buckets += 1;
      const name = `bucket-${buckets}`;
      await server?.makeBucket(name);
      return name;
    },
  };
}
