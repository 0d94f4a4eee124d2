// xAI's batches, their list and their results, read into OpenAI's form. A batch has no status, only counts and times.

import { z } from 'zod';
import { asFields, asNumber, asText, type Fields } from '../../json-fields.ts';
import { type ListPage, metadataKey } from '../openai/form.ts';
import { batchFields } from '../openai/wire.ts';
import { refusedFile } from './faults.ts';

export const batchWire = z.preprocess((reply) => {
  const batch = asFields(reply);
  return batch === null ? reply : toOpenaiBatch(batch);
}, batchFields);

function toOpenaiBatch(batch: Fields): Fields {
  const state = asFields(batch.state) ?? {};
  const total = asNumber(state.num_requests) ?? 0;
  const status = readStatus(batch, total, asNumber(state.num_pending) ?? 0);
  const isOver = !['validating', 'in_progress', 'cancelling'].includes(status);
  return {
    id: batch.batch_id,
    status,
    input_file_id: batch.input_file_id,
    output_file_id: isOver && total > 0 ? batch.batch_id : null,
    errors: { data: readErrors(batch) },
    created_at: readCreated(asText(batch.create_time)),
    expires_at: batch.expire_time,
    cancelled_at: batch.cancel_time,
    // A count of 0 may be left out, and all of them are at first.
    request_counts:
      total === 0
        ? null
        : { total, completed: asNumber(state.num_success) ?? 0, failed: asNumber(state.num_error) ?? 0 },
    metadata: { [metadataKey]: batch.name },
  };
}

function readStatus(batch: Fields, total: number, pending: number): string {
  const isCancelled = asText(batch.cancel_time) !== null;
  if (asText(batch.cancel_by_xai_message)) return 'failed';
  if (total === 0) return isCancelled ? 'cancelled' : 'validating';
  if (pending === 0) return isCancelled ? 'cancelled' : 'completed';
  if (Date.parse(asText(batch.expire_time) ?? '') < Date.now()) return 'expired';
  return isCancelled ? 'cancelling' : 'in_progress';
}

function readErrors(batch: Fields): Fields[] {
  const message = asText(batch.cancel_by_xai_message) ?? '';
  if (message === '') return [];
  return [{ code: /^JSONL file validation failed/.test(message) ? refusedFile : 'cancelled_by_vendor', message }];
}

const dayMs = 24 * 60 * 60_000;

/** Some times are a day without an hour. The end of that day is meant then, so that a search does not take a batch for too old. */
function readCreated(text: string | null): string | null {
  if (text === null || !/^\d{4}-\d\d-\d\d$/.test(text)) return text;
  return new Date(Math.min(Date.parse(text) + dayMs - 1, Date.now())).toISOString();
}

const token = z.string().nullish();

const toPage = (data: readonly unknown[] | null | undefined, token: string | null | undefined): ListPage => {
  const next = token || null;
  return { data: data ?? [], next, more: next !== null };
};

export const listWire = z
  .object({ batches: z.array(z.unknown()).nullish(), pagination_token: token })
  .transform((page) => toPage(page.batches, page.pagination_token));

export const fileListWire = z
  .object({ data: z.array(z.unknown()).nullish(), pagination_token: token })
  .transform((page) => toPage(page.data, page.pagination_token));

export const resultsWire = z.object({ results: z.array(z.unknown()), pagination_token: token });
export type ResultsPage = z.output<typeof resultsWire>;
