// From a uri to a path on this machine's disk, and never to one outside the data root.

import { realpath } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { StoreError } from '../store.ts';
import { isMissing } from './error.ts';

/** Files being written are called so: nobody reads or lists them, whoever left them behind. */
export const unfinishedPrefix = '.unfinished-';

/** The path of a uri's file, which need not exist. Links are followed before they are judged. */
export async function resolvePath(root: string, uri: string): Promise<string> {
  const path = join(root, checkedUri(uri));
  if (basename(path).startsWith(unfinishedPrefix)) throw new StoreError('bad_uri', uri);
  const [realRoot, realPath] = await Promise.all([realpath(root), deepestRealPath(path)]);
  if (realPath !== realRoot && !realPath.startsWith(withSeparator(realRoot))) throw new StoreError('outside_root', uri);
  return path;
}

/** A uri is what a person may have written: a path below the root, `/` between its parts. */
export function checkedUri(uri: string): string {
  if (uri === '' || uri.includes('\0') || /^[a-z][a-z0-9+.-]*:\/\//i.test(uri)) throw new StoreError('bad_uri', uri);
  if (uri.startsWith('/') || uri.split(/[/\\]/).includes('..')) throw new StoreError('outside_root', uri);
  return uri;
}

/** Where the path, or as much of it as exists, really lies. */
async function deepestRealPath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const parent = dirname(path);
    if (!isMissing(error) || parent === path) throw error;
    return deepestRealPath(parent);
  }
}

function withSeparator(folder: string): string {
  return folder.endsWith(sep) ? folder : folder + sep;
}
