// OpenRouter's batches and their results: its batches read into OpenAI's form.

import { z } from 'zod';
import { asFields, asNumber, asText } from '../../json-fields.ts';
import { batchFields } from '../openai/wire.ts';

export const batchWire = z.preprocess((reply) => {
  const batch = asFields(reply);
  if (batch === null) return reply;
  const counts = asFields(batch.request_counts);
  const answered = (asNumber(counts?.completed) ?? 0) + (asNumber(counts?.failed) ?? 0);
  const message = asText(asFields(batch.error)?.message);
  return {
    ...batch,
    // A batch that the check refused has no results.
    output_file_id: batch.status === 'failed' && answered === 0 ? null : batch.id,
    errors: { data: message === null ? [] : [{ message }] },
    completed_at: batch.finalized_at,
  };
}, batchFields);

/** A page of results: each is a line of OpenAI's output. */
export const resultsWire = z.object({ results: z.array(z.unknown()), next_cursor: z.string().nullish() });
export type ResultsPage = z.output<typeof resultsWire>;
