// The parts of OpenAI's replies that are used. Every field that can be absent is optional, and a field of another shape counts as absent: many
// servers speak this dialect, and a batch whose object is not understood would be taken for one that was never created.

import { z } from 'zod';
import { asFields } from '../../json-fields.ts';

/** Seconds since 1970. Some servers write the time as text. */
const time = z
  .union([
    z.number(),
    z
      .string()
      .transform((text) => Date.parse(text) / 1000)
      .refine(Number.isFinite),
  ])
  .nullish()
  .catch(null);
const name = z.string().nullish().catch(null);

const batchErrorWire = z.object({
  code: z.string().nullish(),
  line: z.number().nullish(),
  /** Only a limit is read from the message. */
  message: name,
});
export type BatchErrorWire = z.output<typeof batchErrorWire>;

export const batchFields = z.object({
  id: z.string().min(1),
  /** With an unknown status, the batch continues. Some servers write it in capitals. */
  status: z
    .string()
    .transform((status) => status.toLowerCase())
    .catch('unknown'),
  errors: z
    .object({ data: z.array(batchErrorWire).nullish() })
    .nullish()
    .catch(null),
  input_file_id: name,
  output_file_id: name,
  error_file_id: name,
  created_at: time,
  /** When the batch was found valid; absent if it never was. */
  in_progress_at: time,
  completed_at: time,
  failed_at: time,
  expired_at: time,
  cancelled_at: time,
  expires_at: time,
  request_counts: z.object({ total: z.number(), completed: z.number(), failed: z.number() }).nullish().catch(null),
  metadata: z.record(z.string(), z.unknown()).nullish().catch(null),
});
/** Some servers put a new batch under `job`, next to a warning. */
export const batchWire = z.preprocess((reply) => asFields(asFields(reply)?.job) ?? reply, batchFields);
export type BatchWire = z.output<typeof batchWire>;

/** Some servers list without pages: a bare list, or one under `value`. */
export const batchPageWire = z.preprocess(
  (reply) => (Array.isArray(reply) ? { data: reply } : { data: asFields(reply)?.value, ...asFields(reply) }),
  z.object({ data: z.array(z.unknown()), has_more: z.boolean().nullish() }),
);

export const fileWire = z.object({
  id: z.string().min(1),
  filename: name,
  expires_at: time,
  bytes: z.number().nullish().catch(null),
  /** Absent where a file can be used as soon as it is uploaded. */
  status: z.string().nullish().catch(null),
});
