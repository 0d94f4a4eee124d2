// Turns a uri into a path on this machine's disk, and never into a path outside the data root.

import { realpath } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { StoreError } from '../store.ts';
import { isMissing } from './error.ts';

/** Names of unfinished files begin with it. They are never read or listed, even if their writer is dead. */
export const unfinishedPrefix = '.unfinished-';

/** The path of a uri's file, which need not exist. Links are followed before the path is checked. */
export async function resolvePath(root: string, uri: string): Promise<string> {
  const path = join(root, checkedUri(uri));
  if (basename(path).startsWith(unfinishedPrefix)) throw new StoreError('bad_uri', uri);
  const [realRoot, realPath] = await Promise.all([realpath(root), deepestRealPath(path)]);
  if (realPath !== realRoot && !realPath.startsWith(withSeparator(realRoot))) throw new StoreError('outside_root', uri);
  return path;
}

/** A user may have written the uri: it must be a path below the root, with `/` between its parts. */
export function checkedUri(uri: string): string {
  if (uri === '' || uri.includes('\0') || /^[a-z][a-z0-9+.-]*:\/\//i.test(uri)) throw new StoreError('bad_uri', uri);
  if (uri.startsWith('/') || uri.split(/[/\\]/).includes('..')) throw new StoreError('outside_root', uri);
  return uri;
}

/** The real path of a path, or of as much of it as exists. */
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
