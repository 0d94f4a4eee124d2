// Uploads to S3 in parts. Until the last call nothing is visible, and what a dead writer left can be listed and ended.

import type { CompletedPart } from '@aws-sdk/client-s3';
import type { ObjectPlace, ObjectUpload, WriteCondition } from '../objects/client.ts';
import { StoreError, type SweepOptions } from '../store.ts';
import { callS3, conditioned, failedCondition, marked, placed, type S3 } from './call.ts';
import { readStatus } from './error.ts';

const notFound = 404;

export async function beginS3Upload(
  { sdk, client }: S3,
  place: ObjectPlace,
  condition: WriteCondition | null,
  signal?: AbortSignal,
): Promise<ObjectUpload> {
  const begin = new sdk.CreateMultipartUploadCommand({ ...placed(place), ...marked(condition) });
  const { UploadId } = await callS3(place, 'writing', signal, (options) => client.send(begin, options));
  const parts: CompletedPart[] = [];
  return {
    async part(content, signal) {
      const PartNumber = parts.length + 1;
      const command = new sdk.UploadPartCommand({ ...placed(place), UploadId, PartNumber, Body: content });
      const { ETag } = await callS3(place, 'writing', signal, (options) => client.send(command, options));
      parts.push({ PartNumber, ETag });
    },
    async complete(signal) {
      const MultipartUpload = { Parts: parts };
      const command = new sdk.CompleteMultipartUploadCommand({
        ...placed(place),
        UploadId,
        MultipartUpload,
        ...conditioned(condition),
      });
      const sent = callS3(place, 'writing', signal, (options) => client.send(command, options));
      const { ETag } = await sent.catch((error) => Promise.reject(failedCondition(error, condition)));
      // A failure after the server has begun to answer comes in the answer itself.
      if (ETag === undefined) throw new StoreError('unavailable', place.uri);
      return { version: ETag };
    },
    async abort() {
      await abortUpload({ sdk, client }, place, UploadId);
    },
  };
}

/** Lists all pages before it ends the first one, because the pages move. */
export async function sweepUploads(s3: S3, place: ObjectPlace, { signal, before }: SweepOptions = {}): Promise<void> {
  const { sdk, client } = s3;
  const found: { readonly key: string; readonly id: string }[] = [];
  let KeyMarker: string | undefined;
  let UploadIdMarker: string | undefined;
  do {
    const command = new sdk.ListMultipartUploadsCommand({
      Bucket: place.bucket,
      Prefix: place.key,
      KeyMarker,
      UploadIdMarker,
    });
    const page = await callS3(place, 'reading', signal, (options) => client.send(command, options));
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      const isOld = before === undefined || (Initiated !== undefined && Initiated.getTime() < before);
      // Some servers ignore the prefix.
      if (Key?.startsWith(place.key) !== true || UploadId === undefined || !isOld) continue;
      found.push({ key: Key, id: UploadId });
    }
    // One key may have several pages of uploads. A server that repeats both markers has no more to show.
    const isNext = page.NextKeyMarker !== KeyMarker || page.NextUploadIdMarker !== UploadIdMarker;
    KeyMarker = page.IsTruncated === true && isNext ? page.NextKeyMarker : undefined;
    UploadIdMarker = page.NextUploadIdMarker;
  } while (KeyMarker !== undefined);
  for (const { key, id } of found) await abortUpload(s3, { ...place, key }, id, signal);
}

async function abortUpload({ sdk, client }: S3, place: ObjectPlace, id: string | undefined, signal?: AbortSignal) {
  const command = new sdk.AbortMultipartUploadCommand({ ...placed(place), UploadId: id });
  await callS3(place, 'writing', signal, async (options) => {
    try {
      await client.send(command, options);
    } catch (error) {
      // Its writer has completed it, or another sweep has ended it.
      if (readStatus(error) !== notFound) throw error;
    }
  });
}
