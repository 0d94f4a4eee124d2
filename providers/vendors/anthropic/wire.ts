// The parts of Anthropic's replies that are used. Every field that can be absent is optional, and a field of another shape counts as absent: a
// batch whose object is not understood would be taken for one that was never created.

import { z } from 'zod';

const count = z.number().nullish().catch(null);
const text = z.string().nullish().catch(null);

export const batchWire = z.object({
  id: z.string().min(1),
  /** With an unknown status, the batch continues. */
  processing_status: z.string().catch('unknown'),
  request_counts: z
    .object({ processing: count, succeeded: count, errored: count, canceled: count, expired: count })
    .nullish()
    .catch(null),
  created_at: text,
  ended_at: text,
  expires_at: text,
  archived_at: text,
  results_url: text,
  cancel_initiated_at: text,
});
export type BatchWire = z.output<typeof batchWire>;

export const batchPageWire = z.object({
  data: z.array(z.unknown()),
  has_more: z.boolean().nullish(),
  last_id: z.string().nullish(),
});
