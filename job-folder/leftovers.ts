// Files in an output folder before a job claims it: files of other people, and files that an earlier job left.

import type { Store } from '../storage/store.ts';
import { answersFolder, planFolder, rejectsFile, reportFile, resultsFile } from './paths.ts';

/**
 * The first foreign file in the folder; null if there is none. Files and folders whose name begins with a dot do not count. Empty objects that
 * are named like a folder do not count either: object stores mark folders with them.
 */
export async function findForeignFile(
  store: Store,
  output: string,
  isOwn: (name: string) => boolean,
): Promise<string | null> {
  for await (const { uri } of store.list(output)) {
    const name = uri.slice(output.length);
    if (name !== '' && !name.endsWith('/') && !/(^|\/)\./.test(name) && !isOwn(name)) return uri;
  }
  return null;
}

/** Whether a job may have written this file before it sent anything. */
export const isLeftover = (name: string): boolean =>
  /^(job|takeover-\d+)\.json$/.test(name) || name.startsWith(planFolder('')) || name === rejectsFile('');

/**
 * Whether a file in the folder proves that something may have been sent or answered: an intent, a handle, an answer or a journal. A user may
 * keep only the results of an ended job: they count as answers.
 */
export async function holdsSent(store: Store, output: string): Promise<boolean> {
  for (const uri of [resultsFile(output), reportFile(output)]) if ((await store.head(uri)) !== null) return true;
  for await (const _answer of store.list(answersFolder(output))) return true;
  for await (const { uri } of store.list(planFolder(output))) {
    if (/\.(intent|handle|ended|given-up)\.json$/.test(uri)) return true;
  }
  return false;
}

/** The earlier claims stay, because they decide who takes the folder. */
export async function removeLeftovers(store: Store, output: string): Promise<void> {
  await store.remove(rejectsFile(output));
  await store.clear(planFolder(output));
}
