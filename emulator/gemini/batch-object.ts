// A batch as Gemini sends it: a long-running operation. Counts are texts, and what is 0, false or empty is left out.
import { resultChunks } from '../answers/results.ts';
import { type Json, parseObject } from '../server/json.ts';
import { type Batch, batchMoment, itemCount } from '../world/batch.ts';
import { isoTime } from '../world/clock.ts';
import { isTerminal, type Phase } from '../world/timeline.ts';
import { isGrowing, isShown, unknownStatus } from '../world/visibility.ts';
import type { Foreign, World } from '../world/world.ts';
import { readRpcCode } from './error.ts';
import { resultWriter } from './result-lines.ts';

const states: Record<Phase, string> = {
  validating: 'PENDING',
  in_progress: 'RUNNING',
  finalizing: 'RUNNING',
  cancelling: 'RUNNING',
  completed: 'SUCCEEDED',
  failed: 'FAILED',
  expired: 'EXPIRED',
  cancelled: 'CANCELLED',
};

const typePrefix = 'type.googleapis.com/google.ai.generativelanguage.v1main.';

/** `whole`: with the answers of a batch that was created with its items. */
export function batchObject(world: World, batch: Batch, whole: boolean) {
  const moment = batchMoment(batch, world.options.current, world.settledAtMs);
  const { phase, endedAtMs } = moment;
  const { createdAtMs, fault } = batch;
  const state = unknownStatus(world, batch, moment)?.toUpperCase() ?? states[phase];
  const type = batch.endpoint === 'embedContent' ? 'EmbedContentBatch' : 'GenerateContentBatch';
  const metadata = {
    '@type': `${typePrefix}${type}`,
    model: `models/${batch.metadata?.model}`,
    displayName: batch.metadata?.displayName,
    ...(fault.oddFields === true ? {} : { createTime: isoTime(createdAtMs) }),
    updateTime: isoTime(endedAtMs ?? createdAtMs),
    ...(endedAtMs === null ? {} : { endTime: isoTime(endedAtMs) }),
    ...(fault.requestCountsNull === true ? {} : { batchStats: countRequests(batch) }),
    state: `BATCH_STATE_${state}`,
  };
  const output = phase === 'failed' ? null : describeOutput(world, batch, phase, whole);
  return {
    name: `batches/${batch.id}`,
    // The SDK reads the output here, the docs below.
    metadata: { ...metadata, ...(output === null ? {} : { output }) },
    ...(isTerminal(phase) ? { done: true } : {}),
    ...(phase === 'failed' ? { error: describeError(batch) } : {}),
    ...(output === null ? {} : { response: { '@type': `${typePrefix}GenerateContentBatchOutput`, ...output } }),
  };
}

const describeError = ({ problems: [problem] }: Batch) => ({
  code: readRpcCode(problem?.code ?? ''),
  message: problem?.message,
});

function countRequests(batch: Batch): Json {
  if (batch.fault.countsZero === true) return {};
  const total = itemCount(batch);
  const counts = {
    requestCount: total,
    successfulRequestCount: batch.succeeded,
    failedRequestCount: batch.failed,
    pendingRequestCount: total - batch.executed,
  };
  return Object.fromEntries(Object.entries(counts).flatMap(([name, n]) => (n === 0 ? [] : [[name, String(n)]])));
}

function describeOutput(world: World, batch: Batch, phase: Phase, whole: boolean): Json | null {
  if (!isShown(batch, 'output', world.settledAtMs)) return null;
  if (batch.outputFileId !== null) return { responsesFile: `files/${batch.outputFileId}` };
  const hasInlined =
    batch.inputFileId === '' && (phase === 'completed' || (phase === 'cancelled' && batch.executed > 0));
  if (!hasInlined || !whole || isRefused(batch)) return null;
  return { inlinedResponses: { inlinedResponses: listInlined(world, batch) } };
}

function isRefused(batch: Batch): boolean {
  if (batch.downloadsRefused >= (batch.fault.outputNotFoundFor ?? 0)) return false;
  batch.downloadsRefused += 1;
  return true;
}

/** Each answer has the metadata of its request. A line that is not JSON cannot be in a list. */
function listInlined({ settledAtMs }: World, batch: Batch): Json[] {
  const extent = isGrowing(batch, settledAtMs) ? 'first half' : 'all';
  const chunks = [...resultChunks(batch, resultWriter(batch), extent)];
  return Buffer.concat(chunks)
    .toString('utf8')
    .split('\n')
    .flatMap((line) => {
      const parsed = parseObject(line);
      if (parsed === null) return [];
      const { key, ...answer } = parsed;
      return [{ ...answer, ...(key === undefined ? {} : { metadata: { key } }) }];
    });
}

export function foreignObject({ id, createdAtMs, number, items, endedAtMs, cancelled }: Foreign) {
  const done = endedAtMs !== null;
  const kind = done && !cancelled ? 'successfulRequestCount' : 'pendingRequestCount';
  const metadata = {
    '@type': `${typePrefix}GenerateContentBatch`,
    model: 'models/gemini-2.5-flash',
    ...(number % 2 === 0 ? {} : { displayName: `other-${number}` }),
    createTime: isoTime(createdAtMs),
    updateTime: isoTime(endedAtMs ?? createdAtMs),
    ...(done ? { endTime: isoTime(endedAtMs) } : {}),
    batchStats: { requestCount: String(items), [kind]: String(items) },
    state: `BATCH_STATE_${cancelled ? 'CANCELLED' : done ? 'SUCCEEDED' : 'RUNNING'}`,
  };
  const output = { responsesFile: `files/batch-${id}` };
  const answered = done && !cancelled ? { response: output } : {};
  return { name: `batches/${id}`, metadata, ...(done ? { done } : {}), ...answered };
}

/** The odd entry of a list, made from the object of a good one. */
export function spoilObject({ options }: World, good: ReturnType<typeof foreignObject>): object | null {
  const { odd } = options.current.list;
  if (odd === 'notObject') return null;
  if (odd !== 'noCreatedAt') return good;
  const { createTime: _left, ...metadata } = good.metadata;
  return { ...good, metadata };
}
