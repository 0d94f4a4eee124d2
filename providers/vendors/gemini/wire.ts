// The parts of Gemini's replies that are used. A batch is a long-running operation. Fields that are 0, empty or false are left out, and a field
// of another shape counts as absent.

import { z } from 'zod';

const text = z.string().nullish().catch(null);
/** 64-bit numbers come as texts. */
const count = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^\d{1,15}$/)
      .transform(Number),
  ])
  .nullish()
  .catch(null);

/** The answers of a batch: a file, or the list itself if the batch was created with its items. */
const outputWire = z
  .object({
    responsesFile: text,
    inlinedResponses: z.unknown().optional(),
    inlinedEmbedContentResponses: z.unknown().optional(),
  })
  .nullish()
  .catch(null);
export type OutputWire = z.output<typeof outputWire>;

export const batchWire = z.object({
  name: z.string().min(1),
  done: z.boolean().nullish().catch(null),
  metadata: z
    .object({
      displayName: text,
      state: text,
      createTime: text,
      endTime: text,
      batchStats: z
        .object({ requestCount: count, successfulRequestCount: count, failedRequestCount: count })
        .nullish()
        .catch(null),
      output: outputWire,
    })
    .nullish()
    .catch(null),
  response: outputWire,
  error: z
    .object({ code: z.number().nullish().catch(null), status: text, message: text })
    .nullish()
    .catch(null),
});
export type BatchWire = z.output<typeof batchWire>;

export const batchPageWire = z.object({ operations: z.array(z.unknown()).nullish(), nextPageToken: text });

export const uploadWire = z.object({ file: z.object({ name: z.string().min(1) }) });

export const filePageWire = z.object({
  files: z.array(z.object({ name: z.string().min(1), displayName: text, sizeBytes: count })).nullish(),
  nextPageToken: text,
});

/** For a reply of which nothing is used. */
export const anyWire = z.unknown();
