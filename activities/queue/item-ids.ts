// The ids of items, as they are remembered: 16 bytes of a hash for each, in one file for each flush. An item whose id is in one of the files of
// the last hours has come before.

import { createHash } from 'node:crypto';
import { cancellationSignal } from '@temporalio/activity';
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

export async function listIdsFiles(store: Store, output: string): Promise<readonly IdsFile[]> {
  const files: IdsFile[] = [];
  for await (const { uri } of store.list(idsFolder(output), cancellationSignal())) {
    const file = parseIdsFile(uri);
    if (file !== null) files.push(file);
  }
  return files;
}

/**
 * Takes those out that were flushed before, but not longer than `rememberMs` before they came: they may have waited for long since then. The
 * newest files count; they are read one block at a time.
 */
export async function dropRemembered(
  store: Store,
  output: string,
  cameAt: Map<string, number>,
  files: readonly IdsFile[],
  rememberMs: number,
): Promise<void> {
  const since =
    [...cameAt.values()].reduce((oldest, at) => Math.min(oldest, at), Number.POSITIVE_INFINITY) - rememberMs;
  for (const file of takeNewest(files.filter(({ at }) => at >= since))) {
    for await (const hash of readHashes(store, idsFile(output, file))) {
      const at = cameAt.get(hash);
      if (at !== undefined && file.at >= at - rememberMs) cameAt.delete(hash);
    }
  }
}

function takeNewest(files: readonly IdsFile[]): readonly IdsFile[] {
  let ids = 0;
  return files
    .toSorted((one, other) => other.flush - one.flush)
    .filter(({ items }) => {
      ids += items;
      return ids <= rememberedMax;
    });
}

async function* readHashes(store: Store, uri: string): AsyncGenerator<string> {
  let rest = Buffer.alloc(0);
  for await (const chunk of store.read(uri, { signal: cancellationSignal() })) {
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
export async function forgetIds(store: Store, output: string, files: readonly IdsFile[]): Promise<void> {
  try {
    for (const file of files) await store.remove(idsFile(output, file));
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
  }
}
