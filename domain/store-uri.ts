// The form of uris: a path below the data root, or `scheme://bucket/key`.

export const storeSchemes = ['s3', 'gs'] as const;

export type StoreScheme = (typeof storeSchemes)[number];

/** Null for a uri without a scheme, and for one whose scheme names no store. */
export function readScheme(uri: string): StoreScheme | null {
  const [, scheme] = /^([a-z0-9]+):\/\//.exec(uri) ?? [];
  return storeSchemes.find((known) => known === scheme) ?? null;
}

export interface BucketUri {
  readonly bucket: string;
  /** What follows the bucket and its slash. Empty if there is nothing. */
  readonly key: string;
}

/** Vendors allow names of 3 to 63 characters; some servers allow more. */
const bucketForm = /^[a-z0-9]+:\/\/([A-Za-z0-9][A-Za-z0-9._-]{1,254})(?:\/(.*))?$/s;

/** Null if there is no bucket that can be one. */
export function splitBucket(uri: string): BucketUri | null {
  const [, bucket, key = ''] = bucketForm.exec(uri) ?? [];
  return bucket === undefined ? null : { bucket, key };
}

const keyBytesMax = 1024;
const utf8 = new TextEncoder();

/** Why a key cannot be used; null if it can. Clients and proxies resolve `..` and `//` differently, so two names could mean one object. */
export function findKeyProblem(key: string): string | null {
  if (key.includes('\0')) return 'must be a key without NUL characters';
  if (utf8.encode(key).length > keyBytesMax) return `has a key longer than ${keyBytesMax} bytes`;
  const parts = (key.endsWith('/') ? key.slice(0, -1) : key).split('/');
  if (key === '' || parts.every((part) => part !== '' && part !== '.' && part !== '..')) return null;
  return 'must have a key without "//", "." and ".." between its slashes';
}
