// Mistral's batch jobs and their list, read into OpenAI's form.

import { z } from 'zod';
import { asFields, asList, asObjects } from '../../json-fields.ts';
import type { ListPage } from '../openai/form.ts';
import { batchFields } from '../openai/wire.ts';

export const pageSize = 100;

function toOpenaiBatch(reply: unknown): unknown {
  const job = asFields(reply);
  if (job === null) return reply;
  return {
    ...job,
    input_file_id: asList(job.input_files)[0],
    output_file_id: job.output_file,
    error_file_id: job.error_file,
    in_progress_at: job.started_at,
    errors: { data: asObjects(job.errors).map(({ message }) => ({ message })) },
    request_counts: { total: job.total_requests, completed: job.succeeded_requests, failed: job.failed_requests },
  };
}

const pageWire = z.object({ data: z.array(z.unknown()).nullish(), total: z.number().nullish().catch(null) });

/**
 * Pages are numbered from 0. A job that is created meanwhile moves the others to later pages, so that some are listed twice and none is left out;
 * a deleted one would move them to earlier pages, so nothing here deletes jobs.
 */
export const pageAfter = (after: string | null) =>
  pageWire.transform(({ data, total }): ListPage => {
    const number = Number(after ?? 0);
    const isLast = (data ?? []).length === 0 || (total != null && (number + 1) * pageSize >= total);
    return { data: data ?? [], next: isLast ? null : String(number + 1), more: !isLast };
  });

export const jobWire = z.preprocess(toOpenaiBatch, batchFields);
