// The batches whose output is being downloaded or classified, as the server knows them. The provider is not polled for these any more.

import type { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { readReceivedBytes } from '../../domain/progress/download.ts';
import { type BatchStateCounts, countAtProvider } from '../../domain/progress/events.ts';
import type { JobStatus } from '../../domain/progress/status.ts';
import { parseBatchId } from './open-batches.ts';
import type { PendingCall } from './pending-calls.ts';

export interface CollectedBatch {
  readonly wave: number;
  readonly batch: number;
  readonly step: 'download' | 'classify';
  /** When the last attempt at this step began; null if none has begun. */
  readonly since: string | null;
  readonly attempts: number;
  /** What the last attempt to download has received so far; null if it has not said it yet. */
  readonly bytes: number | null;
}

export async function listCollecting(
  client: Client,
  calls: readonly PendingCall[],
): Promise<readonly CollectedBatch[]> {
  const batches = await Promise.all(calls.map((call) => describeCollecting(client, call)));
  return batches.flatMap((batch) => batch ?? []);
}

async function describeCollecting(client: Client, { workflow, call }: PendingCall): Promise<CollectedBatch | null> {
  const place = parseBatchId(workflow);
  const step = call.activityType?.name;
  if (place === null || (step !== 'download' && step !== 'classify')) return null;
  const attempts = call.attempt ?? 1;
  const seconds = call.lastStartedTime?.seconds;
  return {
    ...place,
    step,
    since: seconds == null ? null : new Date(Number(String(seconds)) * 1000).toISOString(),
    attempts,
    bytes: readReceivedBytes(await readDetails(client, call).catch(() => null), attempts),
  };
}

/** Null if the call has sent no heartbeat. Fails if this client lacks the key of what the worker encrypts. */
async function readDetails(client: Client, { heartbeatDetails }: PendingCall['call']): Promise<unknown> {
  const { payloadConverter, payloadCodecs } = client.options.loadedDataConverter;
  let payloads: Payload[] = heartbeatDetails?.payloads ?? [];
  for (const codec of payloadCodecs.toReversed()) payloads = await codec.decode(payloads);
  const [details] = payloads;
  return details === undefined ? null : payloadConverter.fromPayload(details);
}

/** Null if no poll is due: every batch that the provider has is being collected, or the time is past, as an earlier version of the worker may say. */
export function correctNextPoll(
  {
    nextLookAt,
    batches,
  }: { readonly nextLookAt: number | null; readonly batches: { readonly byStage: BatchStateCounts } },
  collecting: readonly CollectedBatch[],
  now: number,
): JobStatus['nextLookAt'] {
  if (nextLookAt === null || nextLookAt <= now) return null;
  const { byStage } = batches;
  const known = countAtProvider(byStage) + (byStage.collecting ?? 0);
  return collecting.length > 0 && known <= collecting.length ? null : nextLookAt;
}
