// A real S3 server for the tests of a file. Everything that the SDK reads of the environment points to it.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListMultipartUploadsCommand, ListPartsCommand, type MultipartUpload, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll } from 'vitest';
import { runCommand, whichCommand } from '../../../scripts/tools/command.ts';
import { type StoreServer, startS3Server } from '../../../scripts/tools/go/run-store-servers.ts';

/** Where it is not built yet, Go takes some minutes. */
const setUpMs = 15 * 60_000;
const adminMs = 30_000;

/** Without Go there is no server, and its tests are left out. */
export const hasS3Server = whichCommand('go') !== undefined;
if (!hasS3Server) console.warn('THE TESTS OF S3 ARE LEFT OUT: `go` is not on the PATH to build a server with.');

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
  let server: StoreServer | null = null;
  let buckets = 0;
  const variables = () => server?.variables ?? {};
  beforeAll(async () => {
    server = hasS3Server ? await startS3Server(folder) : null;
    if (server === null) return;
    Object.assign(process.env, server.variables);
    await makeGuest(server);
  }, setUpMs);
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    get port() {
      return server?.port ?? 0;
    },
    variables,
    guestVariables: () => ({ ...variables(), AWS_ACCESS_KEY_ID: guest.access, AWS_SECRET_ACCESS_KEY: guest.secret }),
    awaitParts,
    async makeBucket() {
      buckets += 1;
      const name = `bucket-${buckets}`;
      await server?.makeBucket(name);
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

async function makeGuest({ program, port, variables }: StoreServer): Promise<void> {
  const { AWS_ACCESS_KEY_ID: access = '', AWS_SECRET_ACCESS_KEY: secret = '' } = variables;
  const asRoot = ['admin', '-a', access, '-s', secret, '-er', `http://127.0.0.1:${port}`];
  const user = ['create-user', '-a', guest.access, '-s', guest.secret, '-r', 'user'];
  const made = await runCommand(program, [...asRoot, ...user], { timeoutMs: adminMs });
  if (!made.ok) throw new Error(`the S3 server made no user: ${made.why}`);
}
