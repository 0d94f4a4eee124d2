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

const pageWire = z.object({ data: z.array(z.unknown()).nullish() });

/**
 * Pages are numbered from 0. A job that is created meanwhile moves the others to later pages, so that some are listed twice and none is left out;
 * a deleted one would move them to earlier pages, so nothing here deletes jobs. An empty page shows the end: a server may have smaller pages than
 * are asked for, or count only one page in its `total`.
 */
export const pageAfter = (after: string | null) =>
  pageWire.transform(({ data }): ListPage => {
    const isEnd = (data ?? []).length === 0;
    return { data: data ?? [], next: isEnd ? null : String(Number(after ?? 0) + 1), more: isEnd ? false : null };
  });

export const jobWire = z.preprocess(toOpenaiBatch, batchFields);
