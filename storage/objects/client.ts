// The port between the store on objects, which is the same for every vendor, and a vendor's calls. Each call is one request, or a few, on one
// object. A failed call throws a StoreError with the object's uri.

import type { SweepOptions } from '../store.ts';

/** The name under which an object keeps the mark of its write. */
export const markName = 'nightshift-mark';

/** How long one call may take: one that only asks, and one that may send a part. */
export const callMs = { reading: 60_000, writing: 5 * 60_000 } as const;

export interface ObjectPlace {
  readonly uri: string;
  readonly bucket: string;
  readonly key: string;
}

export interface ObjectFacts {
  readonly bytes: number;
  /** Changes with the content. */
  readonly version: string;
  /** The mark that the object was written with; null if it has none. */
  readonly mark: string | null;
}

export interface ListedObject extends Pick<ObjectFacts, 'bytes' | 'version'> {
  readonly key: string;
}

/** The rest of an object, from the byte that was asked for. */
export interface ObjectBody {
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly bytes: number;
  readonly version: string;
}

export interface GetOptions {
  readonly start: number;
  /** Fails with `unavailable` if the object has another version by now. */
  readonly version: string | null;
}

/** What a write depends on. If it does not hold, the call fails with `exists`. */
export interface WriteCondition {
  /** The version that the object must still have; null: there must be none. */
  readonly version: string | null;
  /** Kept with the object: a write whose reply was lost is recognised by it. */
  readonly mark: string;
}

/** An upload in parts, which come one after the other. Nothing is visible before `complete`. */
export interface ObjectUpload {
  /** Every part but the last has exactly `partBytes`. */
  part(content: Uint8Array, signal?: AbortSignal): Promise<void>;
  complete(signal?: AbortSignal): Promise<Pick<ObjectFacts, 'version'>>;
  abort(): Promise<void>;
}

export interface ObjectClient {
  head(place: ObjectPlace, signal?: AbortSignal): Promise<ObjectFacts | null>;
  /** Null if the object ends before the first byte that was asked for. */
  get(place: ObjectPlace, options: GetOptions, signal?: AbortSignal): Promise<ObjectBody | null>;
  put(
    place: ObjectPlace,
    content: Uint8Array,
    condition: WriteCondition | null,
    signal?: AbortSignal,
  ): Promise<Pick<ObjectFacts, 'version'>>;
  beginUpload(place: ObjectPlace, condition: WriteCondition | null, signal?: AbortSignal): Promise<ObjectUpload>;
  /** In the order of keys. `place.key` is a prefix. */
  list(place: ObjectPlace, signal?: AbortSignal): AsyncIterable<ListedObject>;
  /** Succeeds if there is no such object. If a version is given and the object has another one, fails with `exists`, or removes it all the same. */
  remove(place: ObjectPlace, version: string | null, signal?: AbortSignal): Promise<void>;
  /** Ends the unfinished uploads below a prefix, if the vendor can list them. */
  sweep(place: ObjectPlace, options?: SweepOptions): Promise<void>;
  /** Fails with `no_bucket` if the bucket certainly does not exist. */
  requireBucket(place: ObjectPlace, signal?: AbortSignal): Promise<void>;
}

/** The least that vendors take, because two parts of each open file are in memory. They take at most 10,000 parts: an object has at most 48 GiB. */
export const partBytes = 5 * 1024 * 1024;
export const partsMax = 10_000;
