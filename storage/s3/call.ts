// What every call of an S3 server has in common: its deadline, its errors, and how an object is named.

import type { S3Client } from '@aws-sdk/client-s3';
import { callMs, markName, type ObjectPlace, type WriteCondition } from '../objects/client.ts';
import { StoreError } from '../store.ts';
import { s3Error } from './error.ts';

export interface S3 {
  readonly sdk: typeof import('@aws-sdk/client-s3');
  readonly client: S3Client;
}

/** Runs one call with a deadline. Its failure becomes the problem that a store names. */
export async function callS3<T>(
  { uri }: Pick<ObjectPlace, 'uri'>,
  doing: 'reading' | 'writing',
  signal: AbortSignal | undefined,
  call: (options: { readonly abortSignal: AbortSignal }) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const deadline = AbortSignal.timeout(callMs[doing]);
  try {
    return await call({ abortSignal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]) });
  } catch (error) {
    throw s3Error(error, uri, doing, signal);
  }
}

export const placed = ({ bucket, key }: ObjectPlace) => ({ Bucket: bucket, Key: key });

export const marked = (condition: WriteCondition | null) =>
  condition === null ? {} : { Metadata: { [markName]: condition.mark } };

export const conditioned = (condition: WriteCondition | null) => {
  if (condition === null) return {};
  return condition.version === null ? { IfNoneMatch: '*' } : { IfMatch: condition.version };
};

/** An object that is gone does not have its version any more, but the server calls it missing. */
export const failedCondition = (error: unknown, condition: WriteCondition | null): unknown =>
  error instanceof StoreError && error.problem === 'missing' && condition !== null && condition.version !== null
    ? new StoreError('exists', error.uri)
    : error;
