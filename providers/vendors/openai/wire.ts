// The parts of OpenAI's replies that are used. Whatever can be absent may be: many servers speak this dialect.

import { z } from 'zod';

const time = z.number().nullish();

const batchErrorWire = z.object({ code: z.string().nullish(), line: z.number().nullish() });
export type BatchErrorWire = z.output<typeof batchErrorWire>;

export const batchWire = z.object({
  id: z.string().min(1),
  status: z.string(),
  errors: z.object({ data: z.array(batchErrorWire).nullish() }).nullish(),
  input_file_id: z.string().nullish(),
  output_file_id: z.string().nullish(),
  error_file_id: z.string().nullish(),
  created_at: z.number(),
  completed_at: time,
  failed_at: time,
  expired_at: time,
  cancelled_at: time,
  expires_at: time,
  request_counts: z
    .object({ total: z.number().nullish(), completed: z.number().nullish(), failed: z.number().nullish() })
    .nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish().catch(null),
});
export type BatchWire = z.output<typeof batchWire>;

export const batchPageWire = z.object({
  data: z.array(z.unknown()),
  has_more: z.boolean().nullish(),
});

export const fileWire = z.object({ id: z.string().min(1), bytes: z.number().nullish() });
