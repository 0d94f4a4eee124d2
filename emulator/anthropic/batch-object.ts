// The message batch object as Anthropic sends it; counts do not change until the whole batch has ended.
import { type Batch, batchMoment, itemCount, windowsMs } from '../world/batch.ts';
import { isoTime } from '../world/clock.ts';
import { isTerminal, type Phase } from '../world/timeline.ts';
import { isShown, unknownStatus } from '../world/visibility.ts';
import type { Foreign, World } from '../world/world.ts';
import { unrunType } from './result-lines.ts';

const windowMs = windowsMs.anthropic;
const time = (ms: number | null): string | null => (ms === null ? null : isoTime(ms));

export function batchObject(world: World, batch: Batch, origin: string) {
  const moment = batchMoment(batch, world.options.current, world.settledAtMs);
  const ended = isTerminal(moment.phase);
  const shown = isShown(batch, 'output', world.settledAtMs);
  const archived = ended && isArchived(world, batch);
  return {
    id: batch.id,
    type: 'message_batch',
    processing_status: unknownStatus(world, batch, moment) ?? toStatus(moment.phase),
    request_counts: batch.fault.requestCountsNull === true ? null : counts(batch, ended),
    created_at: isoTime(batch.createdAtMs),
    expires_at: isoTime(batch.createdAtMs + windowMs),
    ended_at: time(moment.endedAtMs),
    cancel_initiated_at: time(moment.cancellingAtMs),
    archived_at: archived ? isoTime(batch.createdAtMs + batch.resultsTtlMs) : null,
    results_url: shown && !archived ? resultsUrl(origin, batch.id) : null,
  };
}

const noCounts = { processing: 0, succeeded: 0, errored: 0, canceled: 0, expired: 0 };

const resultsUrl = (origin: string, id: string): string => `${origin}/v1/messages/batches/${id}/results`;

export function toStatus(phase: Phase): 'in_progress' | 'canceling' | 'ended' {
  if (isTerminal(phase)) return 'ended';
  return phase === 'cancelling' ? 'canceling' : 'in_progress';
}

export function isArchived({ clock }: World, batch: Batch): boolean {
  return clock.now() >= batch.createdAtMs + batch.resultsTtlMs;
}

function counts(batch: Batch, ended: boolean) {
  if (batch.fault.countsZero === true && !ended) return { ...noCounts };
  const total = itemCount(batch);
  const isCounted = ended && batch.fault.countsLate !== true;
  if (!isCounted) return { processing: total, succeeded: 0, errored: 0, canceled: 0, expired: 0 };
  const unrun = total - batch.executed;
  const canceled = unrunType(batch) === 'canceled' ? unrun : 0;
  return { processing: 0, succeeded: batch.succeeded, errored: batch.failed, canceled, expired: unrun - canceled };
}

export function foreignObject({ id, createdAtMs, items, endedAtMs, cancelled }: Foreign, origin: string) {
  const ended = endedAtMs !== null;
  const kind = cancelled ? 'canceled' : ended ? 'succeeded' : 'processing';
  return {
    id,
    type: 'message_batch',
    processing_status: ended ? 'ended' : 'in_progress',
    request_counts: { ...noCounts, [kind]: items },
    created_at: isoTime(createdAtMs),
    expires_at: isoTime(createdAtMs + windowMs),
    ended_at: time(endedAtMs),
    cancel_initiated_at: cancelled ? time(endedAtMs) : null,
    archived_at: null,
    results_url: ended && !cancelled ? resultsUrl(origin, id) : null,
  };
}
