// Polls an open batch at its provider, or asks the provider to cancel it: one short call each. The waits between polls are durable timers
// of the workflow.

import { cancellationSignal } from '@temporalio/activity';
import { type BatchHandle, type BatchPhase, type BatchView, tenthsDone } from '../../domain/batch/state.ts';
import type { BatchRef } from '../../domain/ids.ts';
import { readJobFile } from '../../job-folder/job-file.ts';
import { type ActivityDeps, type JobRef, requireProvider } from '../deps.ts';

export interface PollInput extends BatchRef {
  readonly handle: BatchHandle;
  /** The workflow to notify of progress. */
  readonly coordinator: string;
  /** The last tenth that it was notified of. */
  readonly toldTenths: number;
  /** The last phase that it was notified of; null before the first. */
  readonly toldPhase: BatchPhase | null;
  /** It is notified once for this many tenths. */
  readonly tellEvery: number;
}

export interface PollResult {
  readonly view: BatchView;
  readonly tenths: number;
}

const callMs = 30_000;

export async function poll(
  deps: Pick<ActivityDeps, 'store' | 'provider' | 'cluster'>,
  input: PollInput,
): Promise<PollResult> {
  const job = await readJobFile(deps.store, input.output);
  const view = await requireProvider(deps, job).poll(input.handle, { signal: shortCallSignal() });
  const tenths = tenthsDone(view);
  const { phase } = view;
  // The coordinator learns of the end from the batch's workflow.
  if (phase !== 'ended' && isNews(input, phase, tenths)) await notifyCoordinator(deps, input, phase, view);
  return { view, tenths };
}

/** The batch does not end here: the provider still ends it, and what it had finished is then collected. */
export async function cancelBatch(
  deps: Pick<ActivityDeps, 'store' | 'provider'>,
  input: JobRef & Pick<PollInput, 'handle'>,
): Promise<void> {
  const job = await readJobFile(deps.store, input.output);
  await requireProvider(deps, job).cancel(input.handle, { signal: shortCallSignal() });
}

const shortCallSignal = (): AbortSignal => AbortSignal.any([cancellationSignal(), AbortSignal.timeout(callMs)]);

/** Each phase once, and each step of tenths once. */
function isNews({ toldPhase, toldTenths, tellEvery }: PollInput, phase: BatchPhase, tenths: number): boolean {
  return phase !== toldPhase || Math.floor(tenths / tellEvery) > Math.floor(toldTenths / tellEvery);
}

/** From the activity and not from the workflow, so that it adds nothing to the batch's history. */
async function notifyCoordinator(
  { cluster }: Pick<ActivityDeps, 'cluster'>,
  { coordinator, wave, batch, handle }: PollInput,
  phase: Exclude<BatchPhase, 'ended'>,
  { counts }: BatchView,
): Promise<void> {
  await cluster.notify(coordinator, {
    wave,
    batch,
    stage: phase,
    batchId: handle.id,
    done: counts?.done ?? 0,
    failed: counts?.failed ?? 0,
    createdAt: handle.createdAt,
  });
}
