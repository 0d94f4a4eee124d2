// Files that lie in an output folder before a job claims it: those of other people, and those that an earlier job left there.

import type { Store } from '../storage/store.ts';
import { answersFolder, planFolder, rejectsFile, reportFile, resultsFile } from './paths.ts';

/**
 * The first file that is not the folder's own; null if there is none. Files and folders whose name begins with a dot do not count, nor
 * do the empty objects, named like a folder, with which object stores mark folders.
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
 * Whether the folder has a file that proves that something may have been sent or answered: an intent, a handle, an answer or a journal. Of
 * an ended job a user may keep the results alone: they count as answers.
 */
export async function holdsSent(store: Store, output: string): Promise<boolean> {
  for (const uri of [resultsFile(output), reportFile(output)]) if ((await store.head(uri)) !== null) return true;
  for await (const _answer of store.list(answersFolder(output))) return true;
  for await (const { uri } of store.list(planFolder(output))) {
    if (/\.(intent|handle|ended|given-up)\.json$/.test(uri)) return true;
  }
  return false;
}

/** The earlier claims stay: they decide who takes the folder. */
export async function removeLeftovers(store: Store, output: string): Promise<void> {
  await store.remove(rejectsFile(output));
  await store.clear(planFolder(output));
}
