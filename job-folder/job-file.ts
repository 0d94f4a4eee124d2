// Reads back the small JSON files that Nightshift itself wrote into a job's folder, `job.json` first of all.

import type { JobFile } from '../domain/job.ts';
import { readJson } from '../storage/lines/json-lines.ts';
import type { Store } from '../storage/store.ts';
import { jobFile } from './paths.ts';

/** The spec as resolved. Every activity works by it, so that a deploy changes no running job. */
export const readJobFile = (store: Store, output: string): Promise<JobFile> => readOwn<JobFile>(store, jobFile(output));

/** Trusts the file's shape without checking it: only Nightshift writes into an output folder. Fails with `missing` if there is no file. */
export async function readOwn<T>(store: Store, uri: string): Promise<T> {
  return (await readJson(store, uri)) as unknown as T;
}

/** Like `readOwn`, but null if there is no file. */
export async function readOwnIfThere<T>(store: Store, uri: string): Promise<T | null> {
  return (await store.head(uri)) === null ? null : readOwn<T>(store, uri);
}
