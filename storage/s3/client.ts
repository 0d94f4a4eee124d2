// The calls of an S3 server, by AWS's SDK, which also makes each call up to three times.

import { Readable } from 'node:stream';
import type { GetObjectCommandOutput } from '@aws-sdk/client-s3';
import {
  type GetOptions,
  type ListedObject,
  markName,
  type ObjectBody,
  type ObjectClient,
  type ObjectFacts,
  type ObjectPlace,
  type WriteCondition,
} from '../objects/client.ts';
import { StoreError } from '../store.ts';
import { callS3, conditioned, failedCondition, marked, placed, type S3 } from './call.ts';
import { connectS3, type S3Settings } from './connect.ts';
import { readStatus, s3Error } from './error.ts';
import { beginS3Upload, sweepUploads } from './upload.ts';

/** How old servers answer a condition that they do not know. */
const notImplemented = 501;
const notAllowed = 405;

export async function createS3Client(settings: S3Settings): Promise<ObjectClient> {
  const s3: S3 = { sdk: await import('@aws-sdk/client-s3'), client: await connectS3(settings) };
  return {
    head: (place, signal) => head(s3, place, signal),
    get: (place, options, signal) => get(s3, place, options, signal),
    put: (place, content, condition, signal) => put(s3, place, content, condition, signal),
    beginUpload: (place, condition, signal) => beginS3Upload(s3, place, condition, signal),
    list: (place, signal) => list(s3, place, signal),
    remove: (place, version, signal) => remove(s3, place, version, signal),
    sweep: (place, options) => sweepUploads(s3, place, options),
    requireBucket: (place, signal) => requireBucket(s3, place, signal),
  };
}

async function head({ sdk, client }: S3, place: ObjectPlace, signal?: AbortSignal): Promise<ObjectFacts | null> {
  try {
    const found = await callS3(place, 'reading', signal, (options) =>
      client.send(new sdk.HeadObjectCommand(placed(place)), options),
    );
    return {
      bytes: found.ContentLength ?? 0,
      version: found.ETag ?? '',
      mark: found.Metadata?.[markName] ?? null,
    };
  } catch (error) {
    if (error instanceof StoreError && error.problem === 'missing') return null;
    throw error;
  }
}

async function get(
  { sdk, client }: S3,
  place: ObjectPlace,
  { start, version }: GetOptions,
  signal?: AbortSignal,
): Promise<ObjectBody | null> {
  // The signal must not be the call's own: its deadline would end the body too.
  const condition = version === null ? {} : { IfMatch: version };
  const range = start === 0 ? {} : { Range: `bytes=${start}-` };
  try {
    const command = new sdk.GetObjectCommand({ ...placed(place), ...range, ...condition });
    return readBody(place, start, await client.send(command, signal === undefined ? {} : { abortSignal: signal }));
  } catch (error) {
    // The server says that the object ends before this byte.
    if (readStatus(error) === 416) return null;
    if (readStatus(error) === 412) throw new StoreError('unavailable', place.uri);
    throw s3Error(error, place.uri, 'reading', signal);
  }
}

/** A server that ignores the range would give the object again from its beginning. */
function readBody(
  place: ObjectPlace,
  start: number,
  { Body, ContentLength, ContentRange, ETag = '' }: GetObjectCommandOutput,
): ObjectBody {
  const isRange = start === 0 || ContentRange?.startsWith(`bytes ${start}-`) === true;
  if (!(Body instanceof Readable) || ContentLength === undefined || !isRange) {
    throw new StoreError('unavailable', place.uri);
  }
  return { chunks: Body, bytes: ContentLength, version: ETag };
}

async function put(
  { sdk, client }: S3,
  place: ObjectPlace,
  content: Uint8Array,
  condition: WriteCondition | null,
  signal?: AbortSignal,
): Promise<Pick<ObjectFacts, 'version'>> {
  const request = { ...placed(place), Body: content, ...conditioned(condition), ...marked(condition) };
  try {
    const { ETag = '' } = await callS3(place, 'writing', signal, async (options) => {
      try {
        return await client.send(new sdk.PutObjectCommand(request), options);
      } catch (error) {
        const isUnknown = condition !== null && [notImplemented, notAllowed].includes(readStatus(error));
        throw isUnknown ? new StoreError('not_exclusive', place.uri) : error;
      }
    });
    return { version: ETag };
  } catch (error) {
    throw failedCondition(error, condition);
  }
}

async function* list({ sdk, client }: S3, place: ObjectPlace, signal?: AbortSignal): AsyncGenerator<ListedObject> {
  let ContinuationToken: string | undefined;
  while (true) {
    const command = new sdk.ListObjectsV2Command({ Bucket: place.bucket, Prefix: place.key, ContinuationToken });
    const page = await callS3(place, 'reading', signal, (options) => client.send(command, options));
    for (const { Key, Size = 0, ETag = '' } of page.Contents ?? []) {
      // Some servers ignore the prefix, and what is listed may be removed.
      if (Key?.startsWith(place.key) === true) yield { key: Key, bytes: Size, version: ETag };
    }
    if (page.IsTruncated !== true) return;
    // Some servers repeat a token for ever, or leave it out: what they did not list must not count as absent.
    const next = page.NextContinuationToken;
    if (next === undefined || next === ContinuationToken) throw new StoreError('unavailable', place.uri);
    ContinuationToken = next;
  }
}

async function remove(
  { sdk, client }: S3,
  place: ObjectPlace,
  version: string | null,
  signal?: AbortSignal,
): Promise<void> {
  const send = (condition: { readonly IfMatch?: string }) =>
    callS3(place, 'writing', signal, async (options) => {
      try {
        await client.send(new sdk.DeleteObjectCommand({ ...placed(place), ...condition }), options);
      } catch (error) {
        if (condition.IfMatch === undefined || readStatus(error) !== notImplemented) throw error;
        await client.send(new sdk.DeleteObjectCommand(placed(place)), options);
      }
    });
  try {
    await send(version === null ? {} : { IfMatch: version });
  } catch (error) {
    if (!(error instanceof StoreError && error.problem === 'missing')) throw error;
  }
}

async function requireBucket({ sdk, client }: S3, place: ObjectPlace, signal?: AbortSignal): Promise<void> {
  try {
    await callS3(place, 'reading', signal, (options) =>
      client.send(new sdk.HeadBucketCommand({ Bucket: place.bucket }), options),
    );
  } catch (error) {
    if (error instanceof StoreError && error.problem === 'missing') throw new StoreError('no_bucket', place.uri);
    // Some keys may use objects but not look at the bucket.
    if (!(error instanceof StoreError && error.problem === 'unreadable')) throw error;
  }
}
