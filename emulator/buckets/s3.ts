// Objects of S3. Address and key come from the variables of AWS's SDK, which is loaded when it is first needed: an emulator starts in a moment.
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { readPlace } from './place.ts';

/** Whether the object exists. */
export async function fetchFromS3(uri: string, path: string): Promise<boolean> {
  const { bucket: Bucket, name: Key } = readPlace(uri);
  const { sdk, client } = await connect();
  try {
    const { Body } = await client.send(new sdk.GetObjectCommand({ Bucket, Key }));
    if (Body instanceof Readable) await pipeline(Body, createWriteStream(path));
    return true;
  } catch (error) {
    if (error instanceof sdk.NoSuchKey || error instanceof sdk.NoSuchBucket) return false;
    throw error;
  }
}

export async function writeToS3(uri: string, content: Uint8Array): Promise<void> {
  const { bucket: Bucket, name: Key } = readPlace(uri);
  const { sdk, client } = await connect();
  await client.send(new sdk.PutObjectCommand({ Bucket, Key, Body: content }));
}

/** Each call reads the variables: a test's server may be another one than before. */
async function connect() {
  const sdk = await import('@aws-sdk/client-s3');
  return { sdk, client: new sdk.S3Client({ forcePathStyle: true }) };
}
