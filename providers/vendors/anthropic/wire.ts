// The parts of Anthropic's replies that are used. Whatever can be absent may be.

import { z } from 'zod';

const count = z.number().nullish();

export const batchWire = z.object({
  id: z.string().min(1),
  processing_status: z.string(),
  request_counts: z
    .object({ processing: count, succeeded: count, errored: count, canceled: count, expired: count })
    .nullish(),
  created_at: z.string(),
  ended_at: z.string().nullish(),
  expires_at: z.string().nullish(),
  archived_at: z.string().nullish(),
  results_url: z.string().nullish(),
  cancel_initiated_at: z.string().nullish(),
});
export type BatchWire = z.output<typeof batchWire>;

export const batchPageWire = z.object({
  data: z.array(z.unknown()),
  has_more: z.boolean().nullish(),
  last_id: z.string().nullish(),
});
