// Translates the operating system's error codes to the problems that a store names.

import { StoreError, type StoreProblem } from '../store.ts';

type Doing = 'reading' | 'writing';

const problemByCode: Readonly<Record<string, StoreProblem | Readonly<Record<Doing, StoreProblem>>>> = {
  ENOENT: 'missing',
  ENOTDIR: { reading: 'missing', writing: 'unwritable' },
  EISDIR: { reading: 'unreadable', writing: 'unwritable' },
  EACCES: { reading: 'unreadable', writing: 'unwritable' },
  EPERM: { reading: 'unreadable', writing: 'unwritable' },
  EROFS: 'unwritable',
  EEXIST: 'exists',
  ENAMETOOLONG: 'bad_uri',
  ELOOP: 'outside_root',
  ENOSPC: 'full',
  EDQUOT: 'full',
  EFBIG: 'full',
};

/** A StoreError stays as it is, and so does the reason that an AbortSignal was aborted with. */
export function storeError(error: unknown, uri: string, doing: Doing): unknown {
  if (error instanceof StoreError || !hasCode(error)) return error;
  const problem = problemByCode[error.code] ?? 'unavailable';
  return new StoreError(typeof problem === 'string' ? problem : problem[doing], uri);
}

export function isMissing(error: unknown): boolean {
  return hasCode(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

function hasCode(error: unknown): error is { readonly code: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('E');
}
