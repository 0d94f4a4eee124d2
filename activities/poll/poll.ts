// One short look at a provider's batch. The waiting between looks is the workflow's: a durable timer.

import { cancellationSignal } from '@temporalio/activity';
import { type BatchHandle, type BatchPhase, type BatchView, tenthsDone } from '../../domain/batch/state.ts';
import type { BatchRef } from '../../domain/ids.ts';
import { readJobFile, requireProvider } from '../../job-folder/job-file.ts';
import type { ActivityDeps } from '../deps.ts';

export interface PollInput extends BatchRef {
  readonly handle: BatchHandle;
  /** Who is to hear of progress, and the last tenth it has heard of. */
  readonly coordinator: string;
  readonly toldTenths: number;
  /** The phase it has heard of; null before the first. */
  readonly toldPhase: BatchPhase | null;
  /** Tenths between two tellings. */
  readonly tellEvery: number;
}

export interface PollResult {
  readonly view: BatchView;
  readonly tenths: number;
}

/** Looks, and tells the coordinator of each phase and each tenth once. Telling from here costs the batch's history nothing. */
export async function poll(deps: ActivityDeps, input: PollInput): Promise<PollResult> {
  const job = await readJobFile(deps, input.output);
  const view = await requireProvider(deps, job).poll(input.handle, {
    signal: AbortSignal.any([cancellationSignal(), AbortSignal.timeout(30_000)]),
  });
  const tenths = tenthsDone(view);
  const step = (each: number): number => Math.floor(each / input.tellEvery);
  const isNews = view.phase !== input.toldPhase || step(tenths) > step(input.toldTenths);
  if (isNews && view.phase !== 'ended') {
    await deps.cluster.tell(input.coordinator, {
      wave: input.wave,
      batch: input.batch,
      stage: view.phase,
      batchId: input.handle.id,
      done: view.counts?.done ?? 0,
      failed: view.counts?.failed ?? 0,
      createdAt: input.handle.createdAt,
    });
  }
  return { view, tenths };
}
