// Where files may be: paths below the data root, or buckets of other stores, in one form, so that a folder has only one name. Also the folder
// for a workflow id if a job names none.

import { createHash } from 'node:crypto';
import { findKeyProblem, readScheme, splitBucket } from '../domain/store-uri.ts';

/** Lower case only, because on some disks `A` and `a` are one folder. No character with a meaning in a shell, a URL or a path. */
const safeName = /^[a-z0-9](?:[a-z0-9._-]{0,98}[a-z0-9_-])?$/;
/** Device names of Windows, with any extension. */
const deviceName = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/;
const likenessCharsMax = 60;
const digestDigits = 24;

/** Why a text cannot be the uri of a file or folder; null if it can. */
export function pathProblem(path: string): string | null {
  if (readScheme(path) !== null) return findBucketProblem(path);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(path)) {
    return 'must be a path below the data root, or begin with s3:// or gs://';
  }
  if (path.includes('\0')) return 'must be a path without NUL characters';
  if (path.startsWith('/') || /^[a-z]:[/\\]/i.test(path)) return 'must be relative to the data root, not absolute';
  if (path.split(/[/\\]/).includes('..')) return 'must stay below the data root: ".." is not allowed';
  if (parts(path).length === 0) return 'must name something below the data root';
  if (parts(path).some((part) => Buffer.byteLength(part) > 255)) {
    return 'has a part longer than the 255 bytes a name may have';
  }
  return null;
}

function findBucketProblem(uri: string): string | null {
  const split = splitBucket(uri);
  return split === null ? 'must name a bucket, as in s3://bucket/key' : findKeyProblem(split.key);
}

export function normalPath(path: string): string {
  return readScheme(path) === null ? parts(path).join('/') : path.replace(/\/$/, '');
}

export function normalFolder(path: string): string {
  return `${normalPath(path)}/`;
}

/** Two ids never share a folder: an id that is kept as it is contains no `~`, and the digest distinguishes the others. */
export function folderName(workflowId: string): string {
  if (safeName.test(workflowId) && !deviceName.test(workflowId)) return workflowId;
  return `${makeSafe(workflowId)}~${digestId(workflowId)}`;
}

function parts(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

function makeSafe(workflowId: string): string {
  const likeness = workflowId.slice(0, likenessCharsMax).toLowerCase();
  return likeness.replace(/[^a-z0-9_-]+/g, '-').replace(/^-+|-+$/g, '') || 'job';
}

/** Hashes the UTF-16 units: as UTF-8, all halves of a broken character would look the same. */
function digestId(workflowId: string): string {
  return createHash('sha256').update(Buffer.from(workflowId, 'utf16le')).digest('hex').slice(0, digestDigits);
}
