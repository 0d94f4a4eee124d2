// The ids of items, as they are remembered: 16 bytes of a hash for each, in one file for each flush. An item whose id is in one of the files of
// the last hours has come before.

import { createHash } from 'node:crypto';
import type { RowId } from '../../domain/ids.ts';
import { type IdsFile, idsFile, idsFolder, parseIdsFile } from '../../queue-folder/paths.ts';
import { writeBytes } from '../../storage/lines/json-lines.ts';
import { type Store, StoreError } from '../../storage/store.ts';

const hashBytes = 16;
/** So many ids are compared for a flush: 80 MB of files. Older ones are forgotten sooner than the queue says. */
const rememberedMax = 5_000_000;

/** The number 1 and the text "1" are different ids. */
export const hashId = (id: RowId): string =>
  createHash('sha256').update(JSON.stringify(id)).digest().toString('latin1', 0, hashBytes);

/** Whether the files of earlier flushes have these hashes. They are read one block at a time. */
export async function findRemembered(
  store: Store,
  output: string,
  hashes: ReadonlySet<string>,
  { flush, since, signal }: { readonly flush: number; readonly since: number; readonly signal: AbortSignal },
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const file of await listIdsFiles(store, output, { flush, since })) {
    for await (const hash of readHashes(store, idsFile(output, file), signal)) if (hashes.has(hash)) found.add(hash);
  }
  return found;
}

/** The newest first. */
async function listIdsFiles(
  store: Store,
  output: string,
  { flush, since }: { readonly flush: number; readonly since: number },
): Promise<readonly IdsFile[]> {
  const files: IdsFile[] = [];
  for await (const { uri } of store.list(idsFolder(output))) {
    const file = parseIdsFile(uri);
    if (file !== null && file.flush < flush && file.at >= since) files.push(file);
  }
  files.sort((one, other) => other.flush - one.flush);
  let ids = 0;
  return files.filter(({ items }) => {
    ids += items;
    return ids <= rememberedMax;
  });
}

async function* readHashes(store: Store, uri: string, signal: AbortSignal): AsyncGenerator<string> {
  let rest = Buffer.alloc(0);
  for await (const chunk of store.read(uri, { signal })) {
    const bytes = Buffer.concat([rest, chunk]);
    const whole = bytes.length - (bytes.length % hashBytes);
    for (let at = 0; at < whole; at += hashBytes) yield bytes.toString('latin1', at, at + hashBytes);
    rest = bytes.subarray(whole);
  }
}

export async function writeIds(store: Store, output: string, file: IdsFile, hashes: readonly string[]): Promise<void> {
  await writeBytes(store, idsFile(output, file), Buffer.from(hashes.join(''), 'latin1'));
}

/** Deletes what is not remembered any more. Nothing depends on it. */
export async function forgetIds(store: Store, output: string, before: number): Promise<void> {
  try {
    for await (const { uri } of store.list(idsFolder(output))) {
      const file = parseIdsFile(uri);
      if (file !== null && file.at < before) await store.remove(uri);
    }
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
  }
}
