// Objects of S3. Address and key come from the variables of AWS's SDK.
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, NoSuchBucket, NoSuchKey, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { readPlace } from './place.ts';

/** Whether the object exists. */
export async function fetchFromS3(uri: string, path: string): Promise<boolean> {
  const { bucket: Bucket, name: Key } = readPlace(uri);
  try {
    const { Body } = await connect().send(new GetObjectCommand({ Bucket, Key }));
    if (Body instanceof Readable) await pipeline(Body, createWriteStream(path));
    return true;
  } catch (error) {
    if (error instanceof NoSuchKey || error instanceof NoSuchBucket) return false;
    throw error;
  }
}

export async function writeToS3(uri: string, content: Uint8Array): Promise<void> {
  const { bucket: Bucket, name: Key } = readPlace(uri);
  await connect().send(new PutObjectCommand({ Bucket, Key, Body: content }));
}

/** Each call reads the variables: a test's server may be another one than before. */
const connect = (): S3Client => new S3Client({ forcePathStyle: true });
