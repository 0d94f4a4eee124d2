// Asks for the state of a batch: Gemini's operation in the words of the domain.

import type { BatchEnding, BatchError, BatchHandle, BatchView } from '../../../domain/batch/state.ts';
import { readStatusName } from '../../dialects/gemini/status.ts';
import { readDetail } from '../../dialects/item-reason.ts';
import { asCode, asFields, asList, findByCode } from '../../json-fields.ts';
import type { Context } from '../../provider.ts';
import { readNamedLimit } from '../../transport/fault.ts';
import { type Connection, retrieveBatch } from './client.ts';
import { googleEndings } from './endings.ts';
import { geminiFaults } from './faults.ts';
import { geminiLimits } from './limits.ts';
import type { BatchWire, OutputWire } from './wire.ts';

export async function poll(connection: Connection, handle: BatchHandle, ctx: Context): Promise<BatchView> {
  return toView(await retrieveBatch(connection, handle.id, ctx), handle);
}

/** Not a number as its time if the server does not say when it made the batch: see `dateUndated`. The requests file is not shown. */
export function toHandle({ name, metadata }: BatchWire): BatchHandle {
  return { id: name, createdAt: parseTime(metadata?.createTime) ?? Number.NaN, fileId: null };
}

function toView(batch: BatchWire, handle: BatchHandle): BatchView {
  const { metadata } = batch;
  const { phase, ending } = readState(batch);
  const createdAt = parseTime(metadata?.createTime) ?? handle.createdAt;
  const { file, entries } = readOutput(batch);
  return {
    phase,
    ending,
    status: nameState(batch) ?? 'unknown',
    counts: readCounts(metadata?.batchStats),
    createdAt,
    endedAt: ending === null ? null : parseTime(metadata?.endTime),
    expiresAt: createdAt + geminiLimits.windowMs,
    errors: ending === 'failed' ? listErrors(batch) : [],
    files: [handle.fileId, file].filter((name) => name !== null),
    outputs: file !== null ? [file] : entries !== null ? [batch.name] : [],
  };
}

const nameState = ({ metadata }: BatchWire): string | null =>
  asCode(metadata?.state?.replace(/^(BATCH|JOB)_STATE_/, '').toLowerCase());

/** With an unknown state, the batch continues, unless the operation ended with an error. */
export function readState(batch: BatchWire): Pick<BatchView, 'phase' | 'ending'> {
  const state = findByCode(googleEndings, nameState(batch) ?? '');
  if (state !== undefined) return state;
  const failed: BatchEnding | null = batch.done === true && batch.error != null ? 'failed' : null;
  return { phase: failed === null ? 'running' : 'ended', ending: failed };
}

/** Where the answers are: in a file, or in the batch itself. */
export function readOutput({ response, metadata }: BatchWire): {
  file: string | null;
  entries: readonly unknown[] | null;
} {
  for (const output of [response, metadata?.output]) {
    const file = output?.responsesFile ?? '';
    if (file !== '') return { file, entries: null };
    const entries = listInlined(output);
    if (entries !== null) return { file: null, entries };
  }
  return { file: null, entries: null };
}

/** The list is inside an object of the same name. */
function listInlined(output: OutputWire): readonly unknown[] | null {
  const { inlinedResponses, inlinedEmbedContentResponses } = output ?? {};
  const holder = asFields(inlinedResponses) ?? asFields(inlinedEmbedContentResponses);
  const list = holder?.inlinedResponses ?? holder?.inlinedEmbedContentResponses;
  return Array.isArray(list) ? asList(list) : null;
}

/** A count of 0 is left out, but a batch has at least one request: without that count, the others are not known either. */
function readCounts(stats: NonNullable<BatchWire['metadata']>['batchStats'] | undefined): BatchView['counts'] {
  const total = stats?.requestCount ?? null;
  if (total === null || total === 0) return null;
  return { total, done: stats?.successfulRequestCount ?? 0, failed: stats?.failedRequestCount ?? 0 };
}

function listErrors({ error }: BatchWire): readonly BatchError[] {
  if (error == null) return [];
  const reason = findByCode(geminiFaults.batches, readStatusName(error) ?? '') ?? 'other';
  const limit = reason === 'capacity' ? readNamedLimit(geminiFaults.calls.limitWords, error.message ?? '') : null;
  return [{ reason, line: null, ...(limit === null ? {} : { limit }), ...readDetail(error) }];
}

function parseTime(text: string | null | undefined): number | null {
  const time = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}
