// The files of a dataset in the order in which they are read, and a fingerprint that shows whether one of them has changed.

import { createHash } from 'node:crypto';
import { type DatasetUri, isOneFile, isPattern, listUris, matchesPattern } from '../../domain/dataset.ts';
import { type Store, StoreError } from '../store.ts';

/** In the order in which they are read: the files of a pattern sorted by name, and each file once. Fails as `missing` if a pattern matches none. */
export async function listFiles(store: Store, uri: DatasetUri, signal?: AbortSignal): Promise<readonly string[]> {
  if (isOneFile(uri)) return [uri];
  const files = new Set<string>();
  for (const each of listUris(uri)) {
    for (const file of isPattern(each) ? await findMatches(store, each, signal) : [each]) files.add(file);
  }
  return [...files];
}

async function findMatches(store: Store, pattern: string, signal?: AbortSignal): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { uri } of store.list(pattern.slice(0, pattern.indexOf('*')), signal)) {
    if (matchesPattern(pattern, uri)) found.push(uri);
  }
  if (found.length === 0) throw new StoreError('missing', pattern);
  // By code units, on every machine.
  return found.sort();
}

/** Changes whenever the content may have changed; fails as `missing` or `unreadable` if there is nothing to read. */
export async function computeFingerprint(store: Store, uri: DatasetUri, signal?: AbortSignal): Promise<string> {
  if (isOneFile(uri)) return fingerprintFile(store, uri, signal);
  const hash = createHash('sha256');
  for (const file of await listFiles(store, uri, signal)) {
    hash.update(`${file}\n${await fingerprintFile(store, file, signal)}\n`);
  }
  return hash.digest('hex');
}

async function fingerprintFile(store: Store, uri: string, signal?: AbortSignal): Promise<string> {
  for await (const _ of store.read(uri, { signal })) break;
  const stored = await store.head(uri, signal);
  if (stored === null) throw new StoreError('missing', uri);
  return stored.version;
}
