// Files that lie in an output folder before a job claims it.

import type { Store } from '../storage/store.ts';

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
