// The parts of Bedrock's replies that are used, as the SDK hands them over. A field of another shape counts as absent.

import { z } from 'zod';

const text = z.string().nullish().catch(null);
const time = z.date().nullish().catch(null);
const count = z.number().nullish().catch(null);

export const jobWire = z.object({
  jobArn: z.string().min(1),
  jobName: text,
  status: text,
  message: text,
  submitTime: time,
  endTime: time,
  jobExpirationTime: time,
  inputDataConfig: z
    .object({ s3InputDataConfig: z.object({ s3Uri: z.string() }) })
    .nullish()
    .catch(null),
  totalRecordCount: count,
  successRecordCount: count,
  errorRecordCount: count,
});
export type JobWire = z.output<typeof jobWire>;

export const createdWire = z.object({ jobArn: z.string().min(1) });

export const jobPageWire = z.object({ invocationJobSummaries: z.array(z.unknown()).nullish(), nextToken: text });

/** For a reply of which nothing is used. */
export const anyWire = z.unknown();
