// Splits a uri into bucket and key. Keys are taken as they are written: nothing in them is decoded.

import { findKeyProblem, splitBucket } from '../../domain/store-uri.ts';
import { StoreError } from '../store.ts';
import type { ObjectPlace } from './client.ts';

/** For a file: its key names something. */
export function parseFile(uri: string): ObjectPlace {
  const place = parsePrefix(uri);
  if (place.key === '' || place.key.endsWith('/')) throw new StoreError('bad_uri', uri);
  return place;
}

/** For a listing: the key may be empty, or end anywhere. */
export function parsePrefix(uri: string): ObjectPlace {
  const split = splitBucket(uri);
  if (split === null || findKeyProblem(split.key) !== null) throw new StoreError('bad_uri', uri);
  return { uri, ...split };
}

/** For a folder with everything below it. */
export function parseFolder(uri: string): ObjectPlace {
  if (!uri.endsWith('/')) throw new StoreError('bad_uri', uri);
  return parsePrefix(uri);
}

/** An object next to another one in the same bucket. */
export function withKey(place: ObjectPlace, key: string): ObjectPlace {
  const root = place.key === '' ? withoutSlash(place.uri) : place.uri.slice(0, -(place.key.length + 1));
  return { bucket: place.bucket, key, uri: `${root}/${key}` };
}

const withoutSlash = (uri: string): string => uri.replace(/\/$/, '');
