// Asks for the state of a batch: Anthropic's batch object in the words of the domain.

import type { BatchEnding, BatchHandle, BatchView } from '../../../domain/batch/state.ts';
import { asCode, findByCode } from '../../json-fields.ts';
import type { Context } from '../../provider.ts';
import { type Connection, retrieveBatch } from './client.ts';
import { anthropicStates, endingByCount } from './endings.ts';
import type { BatchWire } from './wire.ts';

export async function poll(connection: Connection, handle: BatchHandle, ctx: Context): Promise<BatchView> {
  return toView(await retrieveBatch(connection, handle.id, ctx), handle);
}

export const isEnded = (batch: BatchWire): boolean => readState(batch).phase === 'ended';

/** The counts always sum to the number of requests, although all but `processing` stay 0 until the end. */
export function sumCounts({ request_counts: counts }: BatchWire): number | null {
  if (counts === null || counts === undefined) return null;
  const { processing, succeeded, errored, canceled, expired } = counts;
  return (processing ?? 0) + (succeeded ?? 0) + (errored ?? 0) + (canceled ?? 0) + (expired ?? 0);
}

/** The time is NaN if the vendor does not say when it made the batch: see `dateUndated`. */
export function toHandle(batch: BatchWire): BatchHandle {
  return { id: batch.id, createdAt: parseTime(batch.created_at) ?? Number.NaN, fileId: null };
}

function toView(batch: BatchWire, handle: BatchHandle): BatchView {
  const { phase, ending } = readState(batch);
  return {
    phase,
    ending: ending === null ? null : readEnding(batch, ending),
    status: asCode(batch.processing_status) ?? 'unknown',
    counts: ending === null ? null : readCounts(batch),
    createdAt: parseTime(batch.created_at) ?? handle.createdAt,
    endedAt: ending === null ? null : parseTime(batch.ended_at),
    expiresAt: parseTime(batch.expires_at),
    errors: [],
    files: [],
    outputs: typeof batch.results_url === 'string' && typeof batch.archived_at !== 'string' ? [batch.id] : [],
  };
}

/** An unknown status means: keep waiting. */
function readState({ processing_status: status }: BatchWire): Pick<BatchView, 'phase' | 'ending'> {
  return findByCode(anthropicStates, status) ?? { phase: 'running', ending: null };
}

/** A batch that was cancelled before anything ran may count no request as cancelled. */
function readEnding({ request_counts: counts, cancel_initiated_at: cancelledAt }: BatchWire, otherwise: BatchEnding) {
  const counted = endingByCount.find(([count]) => (counts?.[count] ?? 0) > 0);
  if (counted !== undefined) return counted[1];
  const ranNothing = (counts?.succeeded ?? 0) + (counts?.errored ?? 0) === 0;
  return ranNothing && typeof cancelledAt === 'string' ? 'cancelled' : otherwise;
}

function readCounts(batch: BatchWire): BatchView['counts'] {
  const total = sumCounts(batch);
  const counts = batch.request_counts;
  // Before the end is counted, no request counts as succeeded, whatever ran.
  if (total === null || counts?.succeeded == null || counts.errored == null) return null;
  if ((counts.processing ?? 0) > 0) return null;
  return { total, done: counts.succeeded, failed: counts.errored };
}

function parseTime(text: string | null | undefined): number | null {
  const time = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}
