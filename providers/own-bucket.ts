// A batch's files are in the bucket that the account had when they were uploaded. If the account has another one now, the answers are not lost:
// they must not count as missing.

import type { BatchHandle } from '../domain/batch/state.ts';
import type { Bucket } from './bucket.ts';
import { plainFault } from './transport/fault.ts';

/**
 * Throws `wrong_account` if the requests file is not in the account's bucket. Called before the vendor is: of another account, it would say that
 * there is no such job.
 */
export function requireOwnBucket(vendor: string, bucket: Bucket, { fileId }: Pick<BatchHandle, 'fileId'>): Bucket {
  if (fileId !== null && !fileId.startsWith(bucket.uri)) throw plainFault(vendor, 'wrong_account');
  return bucket;
}

/** For the answers: next to the requests file, even if the account has another bucket by now. */
export const toOutputUri = (requestsUri: string): string =>
  `${requestsUri.slice(0, requestsUri.lastIndexOf('/') + 1)}output`;
