// Objects of Google Cloud Storage by its JSON API, at a server that asks for no key.
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { refuse } from '../server/reply.ts';
import type { World } from '../world/world.ts';
import { readPlace } from './place.ts';

/** Whether the object exists. */
export async function fetchFromGcs(world: World, uri: string, path: string): Promise<boolean> {
  const { bucket, name } = readPlace(uri);
  const url = `${address(world)}/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}?alt=media`;
  const reply = await fetch(url);
  if (!reply.ok || reply.body === null) {
    await reply.body?.cancel();
    return false;
  }
  await pipeline(Readable.fromWeb(reply.body), createWriteStream(path));
  return true;
}

export async function writeToGcs(world: World, uri: string, content: Uint8Array): Promise<void> {
  const { bucket, name } = readPlace(uri);
  const url = `${address(world)}/upload/storage/v1/b/${bucket}/o?uploadType=media&name=${encodeURIComponent(name)}`;
  const reply = await fetch(url, { method: 'POST', body: Buffer.from(content) });
  if (!reply.ok) throw new Error(`${uri} cannot be written: HTTP ${reply.status}`);
  await reply.body?.cancel();
}

function address({ gcsUrl }: World): string {
  if (gcsUrl === null) throw refuse(400, 'This emulator was started without a server of Cloud Storage (--gcs).');
  return gcsUrl;
}
