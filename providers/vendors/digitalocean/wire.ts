// DigitalOcean's batches, files and results: its batches read into OpenAI's form.

import { z } from 'zod';
import { asFields, asText } from '../../json-fields.ts';
import { readNext } from '../../transport/list-pages.ts';
import { type ListPage, metadataKey } from '../openai/form.ts';
import { batchFields } from '../openai/wire.ts';

export const batchWire = z.preprocess((reply) => {
  const batch = asFields(reply);
  if (batch === null) return reply;
  const key = asText(batch.request_id)?.replaceAll('-', '');
  return { ...batch, id: batch.batch_id, errors: { data: batch.errors }, metadata: { [metadataKey]: key } };
}, batchFields);

export const listWire = z
  .object({ data: z.array(z.unknown()), last_id: z.string().nullish(), has_more: z.boolean().nullish() })
  .transform(({ data, last_id: last, has_more: more }): ListPage => ({ data, ...readNext(data, more, last) }));

export const fileWire = z.object({ file_id: z.string().min(1), upload_url: z.url() });

export const resultsWire = z.object({
  result_available: z.boolean().nullish(),
  output_file_url: z.string().nullish(),
  error_file_url: z.string().nullish(),
});
