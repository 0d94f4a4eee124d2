// Reads and writes the objects of buckets, for vendors whose batches come from one and go to one. A uri without a scheme is a path in a folder
// that stands for a bucket.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { type Refused, refuse } from '../server/reply.ts';
import type { World } from '../world/world.ts';
import { fetchFromGcs, writeToGcs } from './gcs.ts';
import { fetchFromS3, writeToS3 } from './s3.ts';

/** Refuses what does not exist, as vendors do when they check a new job. */
export async function fetchObject(world: World, uri: string, path: string): Promise<void> {
  const local = localPath(world, uri);
  if (local === null) {
    const isThere = uri.startsWith('s3:') ? await fetchFromS3(uri, path) : await fetchFromGcs(world, uri, path);
    if (!isThere) throw missing(uri);
    return;
  }
  if (!existsSync(local)) throw missing(uri);
  await copyFile(local, path);
}

const missing = (uri: string): Refused =>
  refuse(400, `The file ${uri} cannot be read.`, { type: 'FAILED_PRECONDITION' });

/** Null for the uri of an object. */
function localPath({ bucketsDir }: World, uri: string): string | null {
  if (bucketsDir === null || uri.includes('://')) return null;
  const path = resolve(bucketsDir, uri);
  if (!path.startsWith(resolve(bucketsDir) + sep)) throw missing(uri);
  return path;
}

export async function writeObject(world: World, uri: string, content: Uint8Array): Promise<void> {
  const local = localPath(world, uri);
  if (local === null) {
    await (uri.startsWith('s3:') ? writeToS3(uri, content) : writeToGcs(world, uri, content));
    return;
  }
  mkdirSync(dirname(local), { recursive: true });
  writeFileSync(local, content);
}
