// Translates the errors of Google Cloud Storage, and of its client, to the problems that a store names.

import { StoreError, type StoreProblem } from '../store.ts';

type Doing = 'reading' | 'writing';

const problemByStatus: Readonly<Record<number, StoreProblem | Readonly<Record<Doing, StoreProblem>>>> = {
  400: 'bad_uri',
  401: 'no_credentials',
  403: { reading: 'unreadable', writing: 'unwritable' },
  // A write finds every object that it needs, but not every bucket.
  404: { reading: 'missing', writing: 'no_bucket' },
  412: 'exists',
};

/** The client says this only in words. */
const withoutCredentials = /default credentials|invalid_grant|invalid_client|Could not refresh access token/i;

/** A StoreError stays as it is, and so does the reason that the signal was aborted with. */
export function gcsError(error: unknown, uri: string, doing: Doing, signal?: AbortSignal): unknown {
  if (error instanceof StoreError) return error;
  if (signal?.aborted === true) return signal.reason;
  if (error instanceof Error && withoutCredentials.test(error.message)) return new StoreError('no_credentials', uri);
  const problem = problemByStatus[readStatus(error)] ?? 'unavailable';
  return new StoreError(typeof problem === 'string' ? problem : problem[doing], uri);
}

export function readStatus(error: unknown): number {
  const code: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
  return Number(code) || 0;
}
