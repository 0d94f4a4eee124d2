// The parts of Vertex AI's replies that are used. Fields that are 0, empty or false are left out, and a field of another shape counts as absent.

import { z } from 'zod';

const text = z.string().nullish().catch(null);
/** 64-bit numbers come as texts. -1 stands for a number that is not known. */
const count = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^-?\d{1,15}$/)
      .transform(Number),
  ])
  .nullish()
  .catch(null);

export const jobWire = z.object({
  name: z.string().min(1),
  displayName: text,
  state: text,
  createTime: text,
  startTime: text,
  endTime: text,
  inputConfig: z
    .object({ gcsSource: z.object({ uris: z.array(z.string()) }) })
    .nullish()
    .catch(null),
  outputInfo: z.object({ gcsOutputDirectory: text }).nullish().catch(null),
  completionStats: z
    .object({ successfulCount: count, failedCount: count, incompleteCount: count })
    .nullish()
    .catch(null),
  error: z
    .object({ code: z.number().nullish().catch(null), status: text, message: text })
    .nullish()
    .catch(null),
});
export type JobWire = z.output<typeof jobWire>;

export const jobPageWire = z.object({ batchPredictionJobs: z.array(z.unknown()).nullish(), nextPageToken: text });

/** For a reply of which nothing is used. */
export const anyWire = z.unknown();
