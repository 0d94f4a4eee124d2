// Makes the SDK's client. Credentials, region and endpoint come from the SDK's own chain: variables, profiles, roles of the machine.

import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3';

export interface S3Settings {
  /** Whether the bucket is in the path of a URL instead of its host's name. */
  readonly pathStyle: boolean;
}

/** Where nobody names a region; servers that are not of AWS take any. */
const otherwiseRegion = 'us-east-1';
const connectMs = 10_000;
/** For an answer's first byte; `deadlineMs` of a call ends everything else. */
const answerMs = 60_000;
const socketsMax = 100;

export async function connectS3({ pathStyle }: S3Settings): Promise<S3Client> {
  const { S3Client } = await import('@aws-sdk/client-s3');
  const config: S3ClientConfig = {
    forcePathStyle: pathStyle,
    followRegionRedirects: true,
    // Amazon refuses to complete an upload whose parts have a checksum that its start did not name.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    // Servers exist that send the checksum of the whole object with a part of it.
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: connectMs,
      requestTimeout: answerMs,
      httpAgent: { maxSockets: socketsMax },
      httpsAgent: { maxSockets: socketsMax },
    },
  };
  const client = new S3Client(config);
  try {
    await client.config.region();
    return client;
  } catch {
    return new S3Client({ ...config, region: otherwiseRegion });
  }
}
