// Reads and writes objects of Google Cloud Storage by its JSON API, at a server that asks for no key. A uri without a scheme is a path in a folder
// that stands for a bucket.
import { createWriteStream, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Refused, refuse } from '../server/reply.ts';
import type { World } from '../world/world.ts';

interface Place {
  bucket: string;
  name: string;
}

/** Refuses what does not exist, as the vendor does when it checks a new job. */
export async function fetchObject(world: World, uri: string, path: string): Promise<void> {
  const local = localPath(world, uri);
  if (local !== null) {
    if (!existsSync(local)) throw missing(uri);
    return copyFile(local, path);
  }
  const { bucket, name } = readPlace(uri);
  const url = `${address(world)}/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}?alt=media`;
  const reply = await fetch(url);
  if (!reply.ok || reply.body === null) {
    await reply.body?.cancel();
    throw missing(uri);
  }
  await pipeline(Readable.fromWeb(reply.body), createWriteStream(path));
}

const missing = (uri: string): Refused =>
  refuse(400, `The Cloud Storage file ${uri} cannot be read.`, { type: 'FAILED_PRECONDITION' });

/** Null for the uri of an object. */
function localPath({ bucketsDir }: World, uri: string): string | null {
  if (bucketsDir === null || uri.includes('://')) return null;
  const path = resolve(bucketsDir, uri);
  if (!path.startsWith(resolve(bucketsDir) + sep)) throw missing(uri);
  return path;
}

export async function writeObject(world: World, uri: string, chunks: Iterable<Uint8Array>): Promise<void> {
  const local = localPath(world, uri);
  if (local !== null) {
    mkdirSync(dirname(local), { recursive: true });
    writeFileSync(local, Buffer.concat([...chunks]));
    return;
  }
  const { bucket, name } = readPlace(uri);
  const url = `${address(world)}/upload/storage/v1/b/${bucket}/o?uploadType=media&name=${encodeURIComponent(name)}`;
  const reply = await fetch(url, { method: 'POST', body: Buffer.concat([...chunks]) });
  if (!reply.ok) throw new Error(`${uri} cannot be written: HTTP ${reply.status}`);
  await reply.body?.cancel();
}

function address({ gcsUrl }: World): string {
  if (gcsUrl === null) throw refuse(400, 'This emulator was started without a server of Cloud Storage (--gcs).');
  return gcsUrl;
}

function readPlace(uri: string): Place {
  const [, bucket, name] = /^gs:\/\/([^/]+)\/(.+)$/.exec(uri) ?? [];
  if (bucket === undefined || name === undefined) throw refuse(400, `${uri} is not the uri of an object.`);
  return { bucket, name };
}
