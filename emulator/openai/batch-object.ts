// The batch object as OpenAI sends it: absent fields are null.

import { isBilled } from '../answers/outcome.ts';
import { itemAt, openInput } from '../answers/results.ts';
import { type Batch, batchMoment, itemCount, windowsMs } from '../world/batch.ts';
import { seconds } from '../world/clock.ts';
import { isTerminal, type Moment } from '../world/timeline.ts';
import { isShown, unknownStatus } from '../world/visibility.ts';
import type { Foreign, World } from '../world/world.ts';
import { isEndpoint, outputTokens } from './answers.ts';

const windowMs = windowsMs.openai;
const time = (ms: number | null): number | null => (ms === null ? null : seconds(ms));

export function batchObject(world: World, batch: Batch) {
  const moment = batchMoment(batch, world.options.current, world.settledAtMs);
  const { phase } = moment;
  const endedAt = (wanted: Moment['phase']) => (phase === wanted ? time(moment.endedAtMs) : null);
  return {
    id: batch.id,
    object: 'batch',
    endpoint: batch.endpoint,
    model: batch.admitted ? (batch.scan?.index.modelNames[0] ?? null) : null,
    errors: phase === 'failed' ? { object: 'list', data: batch.problems } : null,
    input_file_id: batch.inputFileId,
    completion_window: '24h',
    status: unknownStatus(world, batch, moment) ?? phase,
    output_file_id: isShown(batch, 'output', world.settledAtMs) ? batch.outputFileId : null,
    error_file_id: isShown(batch, 'error', world.settledAtMs) ? batch.errorFileId : null,
    created_at: seconds(batch.createdAtMs),
    in_progress_at: time(moment.inProgressAtMs),
    expires_at: seconds(batch.createdAtMs + windowMs),
    finalizing_at: time(moment.finalizingAtMs),
    completed_at: endedAt('completed'),
    failed_at: endedAt('failed'),
    expired_at: endedAt('expired'),
    cancelling_at: time(moment.cancellingAtMs),
    cancelled_at: endedAt('cancelled'),
    request_counts: batch.fault.requestCountsNull === true ? null : counts(world, batch, phase),
    usage: isTerminal(phase) && (phase !== 'failed' || batch.executed > 0) ? usage(batch) : null,
    metadata: batch.metadata,
    ...(batch.fault.oddFields === true ? { created_at: null, errors: [] } : {}),
  };
}

function counts({ settledAtMs }: World, batch: Batch, phase: Moment['phase']) {
  if (batch.fault.countsZero === true) return { total: 0, completed: 0, failed: 0 };
  if (settledAtMs < batch.createdAtMs + (batch.fault.takenInForMs ?? 0)) {
    const half = Math.floor(itemCount(batch) / 2);
    return { total: half, completed: half, failed: 0, isTakingIn: true };
  }
  const total = phase === 'validating' || !batch.admitted ? 0 : itemCount(batch);
  return { total, completed: batch.succeeded, failed: batch.failed };
}

function usage(batch: Batch) {
  batch.usage ??= sumUsage(batch);
  const { input, output } = batch.usage;
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input + output,
  };
}

function sumUsage(batch: Batch): { input: number; output: number } {
  const { endpoint, options, outcomes } = batch;
  const sum = { input: 0, output: 0 };
  const reader = openInput(batch);
  for (let at = 0; at < outcomes.length; at++) {
    if (!isBilled(outcomes[at] ?? 0)) continue;
    const item = itemAt(batch, at, reader.body);
    sum.input += item.tokens;
    sum.output += isEndpoint(endpoint) ? outputTokens(endpoint, item, options) : 0;
  }
  reader.close();
  return sum;
}

export const foreignModel = 'gpt-4o-mini';
export const foreignFileId = (batchId: string): string => `file-of-${batchId}`;

export function foreignObject({ id, createdAtMs, number, items, endedAtMs, cancelled }: Foreign) {
  const created = seconds(createdAtMs);
  const done = endedAtMs !== null && !cancelled;
  return {
    id,
    object: 'batch',
    endpoint: '/v1/chat/completions',
    model: foreignModel,
    errors: null,
    input_file_id: `file-foreign${number}`,
    completion_window: '24h',
    status: cancelled ? 'cancelled' : done ? 'completed' : 'in_progress',
    output_file_id: done ? foreignFileId(id) : null,
    error_file_id: null,
    created_at: created,
    in_progress_at: created,
    expires_at: created + windowMs / 1000,
    finalizing_at: null,
    completed_at: done ? time(endedAtMs) : null,
    failed_at: null,
    expired_at: null,
    cancelling_at: cancelled ? time(endedAtMs) : null,
    cancelled_at: cancelled ? time(endedAtMs) : null,
    request_counts: { total: items, completed: done ? items : 0, failed: 0 },
    usage: null,
    metadata: number % 2 === 0 ? null : { owner: `other-${number}` },
  };
}
