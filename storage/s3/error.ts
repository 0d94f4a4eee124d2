// Translates the errors of S3 and of servers like it to the problems that a store names.

import { StoreError, type StoreProblem } from '../store.ts';

type Doing = 'reading' | 'writing';

const problemByName: Readonly<Record<string, StoreProblem>> = {
  NoSuchKey: 'missing',
  NoSuchBucket: 'no_bucket',
  // An upload that was swept away: the file must be written again.
  NoSuchUpload: 'unavailable',
  PreconditionFailed: 'exists',
  // Two creates at the same instant: whether the other one succeeds is seen by looking.
  ConditionalRequestConflict: 'exists',
  InvalidAccessKeyId: 'no_credentials',
  SignatureDoesNotMatch: 'no_credentials',
  ExpiredToken: 'no_credentials',
  ExpiredTokenException: 'no_credentials',
  InvalidToken: 'no_credentials',
  TokenRefreshRequired: 'no_credentials',
  CredentialsProviderError: 'no_credentials',
  TokenProviderError: 'no_credentials',
  InvalidBucketName: 'bad_uri',
  KeyTooLongError: 'bad_uri',
  QuotaExceeded: 'full',
  XMinioStorageFull: 'full',
};

const problemByStatus: Readonly<Record<number, StoreProblem | Readonly<Record<Doing, StoreProblem>>>> = {
  401: 'no_credentials',
  403: { reading: 'unreadable', writing: 'unwritable' },
  404: 'missing',
  412: 'exists',
  507: 'full',
};

/** A StoreError stays as it is, and so does the reason that the signal was aborted with. */
export function s3Error(error: unknown, uri: string, doing: Doing, signal?: AbortSignal): unknown {
  if (error instanceof StoreError) return error;
  if (signal?.aborted === true) return signal.reason;
  const problem = problemByName[readName(error)] ?? problemByStatus[readStatus(error)] ?? 'unavailable';
  return new StoreError(typeof problem === 'string' ? problem : problem[doing], uri);
}

export const readStatus = (error: unknown): number => {
  const status: unknown = readMember(readMember(error, '$metadata'), 'httpStatusCode');
  return typeof status === 'number' ? status : 0;
};

const readName = (error: unknown): string => (error instanceof Error ? error.name : '');

const readMember = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
