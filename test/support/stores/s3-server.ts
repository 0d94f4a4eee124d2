// A real S3 server for the tests of a file. Everything that the SDK reads of the environment points to it.

import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListMultipartUploadsCommand, ListPartsCommand, type MultipartUpload, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll } from 'vitest';
import { type Child, startChild } from '../../../scripts/tools/child.ts';
import { runCommand, whichCommand } from '../../../scripts/tools/command.ts';
import { freePort } from '../../../scripts/tools/free-port.ts';
import { ensureS3Server } from '../../../scripts/tools/go/store-servers.ts';
import { awaitServer } from './await-server.ts';

/** Where it is not built yet, Go takes some minutes. */
const setUpMs = 15 * 60_000;
const adminMs = 30_000;

/** Without Go there is no server, and its tests are left out. */
export const hasS3Server = whichCommand('go') !== undefined;
if (!hasS3Server) console.warn('THE TESTS OF S3 ARE LEFT OUT: `go` is not on the PATH to build a server with.');

const root = { access: 'tester', secret: 'a-secret-of-tests' } as const;
/** A user without any permission. */
const guest = { access: 'guest', secret: 'a-secret-of-a-guest' } as const;

export interface S3Server {
  readonly port: number;
  /** The variables of a process that uses the server. */
  variables(): Readonly<Record<string, string>>;
  guestVariables(): Readonly<Record<string, string>>;
  /** Resolves when every upload that has begun in a bucket has a part. */
  awaitParts(bucket: string): Promise<void>;
  /** Makes a bucket and returns its name. */
  makeBucket(): Promise<string>;
}

/** At the top of a test file. Sets this process's variables too. */
export function s3Server(): S3Server {
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-s3-'));
  let server: Child | null = null;
  let port = 0;
  let buckets = 0;
  const variables = (user: { readonly access: string; readonly secret: string } = root) => ({
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_ACCESS_KEY_ID: user.access,
    AWS_SECRET_ACCESS_KEY: user.secret,
    AWS_REGION: 'us-east-1',
    AWS_EC2_METADATA_DISABLED: 'true',
  });
  beforeAll(async () => {
    if (!hasS3Server) return;
    const program = await ensureS3Server();
    if (program === null) return;
    port = await freePort();
    server = await start(program, folder, port);
    Object.assign(process.env, variables());
    await makeGuest(program, port);
  }, setUpMs);
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    get port() {
      return port;
    },
    variables: () => variables(),
    guestVariables: () => variables(guest),
    awaitParts,
    async makeBucket() {
      buckets += 1;
      const name = `bucket-${buckets}`;
      await mkdir(join(folder, 'data', name), { recursive: true });
      return name;
    },
  };
}

async function awaitParts(Bucket: string): Promise<void> {
  const client = new S3Client({ forcePathStyle: true });
  const isThere = async ({ Key, UploadId }: MultipartUpload): Promise<boolean> =>
    ((await client.send(new ListPartsCommand({ Bucket, Key, UploadId }))).Parts ?? []).length > 0;
  while (true) {
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
    if ((await Promise.all(Uploads.map(isThere))).every(Boolean)) return;
  }
}

async function start(program: string, folder: string, port: number): Promise<Child> {
  const [data, users] = [join(folder, 'data'), join(folder, 'users')];
  await Promise.all([mkdir(data), mkdir(users)]);
  const args = ['-p', `127.0.0.1:${port}`, '--keep-alive', '--quiet', '--iam-dir', users, 'posix', data];
  const env = { ROOT_ACCESS_KEY: root.access, ROOT_SECRET_KEY: root.secret };
  return awaitServer(startChild(program, args, { name: 'S3 server', env }), `http://127.0.0.1:${port}`);
}

async function makeGuest(program: string, port: number): Promise<void> {
  const asRoot = ['admin', '-a', root.access, '-s', root.secret, '-er', `http://127.0.0.1:${port}`];
  const user = ['create-user', '-a', guest.access, '-s', guest.secret, '-r', 'user'];
  const made = await runCommand(program, [...asRoot, ...user], { timeoutMs: adminMs });
  if (!made.ok) throw new Error(`the S3 server made no user: ${made.why}`);
}
