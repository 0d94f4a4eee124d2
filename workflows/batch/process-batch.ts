// One provider batch, from its uploaded file to its tally. It always completes with a tally, whether it is cancelled or not.

import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import { capacityDelayMs } from '../../domain/batch/backoff.ts';
import { type BatchView, blamedLines } from '../../domain/batch/state.ts';
import type { ItemReason, Tally } from '../../domain/outcome/outcome.ts';
import { filePass } from '../proxies.ts';
import { type BatchInput, BatchRun, logTally } from './batch-run.ts';
import { askToEnd, newPolling, type Polling, pollToEnd } from './poll.ts';
import {
  newSubmission,
  reactToFailedBatch,
  resolveWithoutCreating,
  type Submission,
  type Submitted,
  submit,
} from './submit.ts';
import { outOfTime, readFailureType, runThroughTrouble } from './trouble.ts';

/** How the batch ended at the provider, or why it never came to be there. */
type End = { readonly kind: 'ended'; readonly view: BatchView } | Exclude<Submitted, { kind: 'created' }>;

/** An end whose answers are not counted yet. */
type UncountedEnd = Exclude<End, { kind: 'answered' }>;

interface Progress {
  readonly submission: Submission;
  polling: Polling | null;
  end: End | null;
  /** Set if the job is cancelled: the batch's workflow ends at this time, whatever the provider does. */
  cancelledUntil: number | null;
}

/** Guarantees that no item is sent twice and that every answer is collected, however the batch ends. */
export async function processBatch(input: BatchInput): Promise<Tally> {
  const run = new BatchRun(input);
  const progress: Progress = { submission: newSubmission(), polling: null, end: null, cancelledUntil: null };
  let end: End;
  try {
    end = await collect(run, progress, await runAtProvider(run, progress));
  } catch (error) {
    if (!isCancellation(error)) throw error;
    const untilMs = Date.now() + input.job.timing.cancelGraceMs;
    progress.cancelledUntil = untilMs;
    end = await CancellationScope.nonCancellable(async () =>
      collect(run, progress, progress.end ?? (await endCancelled(run, progress, untilMs))),
    );
  }
  if (end.kind === 'answered') return end.tally;
  return logTally(await CancellationScope.nonCancellable(() => classify(run, progress, end)));
}

/** Submits and polls, and submits again if the provider failed the batch without running anything. */
async function runAtProvider(run: BatchRun, progress: Progress): Promise<End> {
  for (;;) {
    const submitted = await submit(run, progress.submission);
    if (submitted.kind !== 'created') return submitted;
    progress.polling = newPolling(submitted.handle);
    const view = await pollToEnd(run, progress.polling);
    if (view === null) return { kind: 'in_doubt' };
    if (view.ending !== 'failed') return { kind: 'ended', view };
    const next = await reactToFailedBatch(run, progress.submission, view);
    if (next === 'give_back') return { kind: 'ended', view };
    if (next !== 'again') return { kind: 'unsent', reason: next };
    progress.polling = null;
  }
}

/** The job was cancelled: cancels the provider's batch too, and waits for its end until `untilMs`. */
async function endCancelled(run: BatchRun, progress: Progress, untilMs: number): Promise<End> {
  const { submission } = progress;
  if (submission.handle === null) {
    const found = await resolveWithoutCreating(run, submission, 'cancelled', untilMs);
    if (found.kind !== 'created') return found;
    submission.handle = found.handle;
  }
  progress.polling ??= newPolling(submission.handle);
  if (progress.polling.cancelAskedAt === null) await askToEnd(run, progress.polling, untilMs);
  const view = await pollToEnd(run, progress.polling, untilMs);
  return view === null ? { kind: 'in_doubt' } : { kind: 'ended', view };
}

/** Downloads the batch's output. If that is not possible in time, the batch's items are in doubt. */
async function collect(run: BatchRun, progress: Progress, end: End): Promise<End> {
  progress.end = end;
  const { handle } = progress.submission;
  if (end.kind !== 'ended' || end.view.ending === 'failed' || handle === null) return end;
  const isRead = await downloadOutput(run, { ...run.ref, handle }, progress.cancelledUntil);
  return isRead ? end : { kind: 'in_doubt' };
}

/** Faults of a download that mean that the provider does not show the output, now or ever. */
const unreadableFaults: ReadonlySet<string> = new Set(['not_found', 'not_ready', 'refused', 'too_large']);
/** Downloads of output that the provider does not show: they take about three hours in all. */
const downloadsMax = 24;

/** False if the output could not be read. Its items may have run, so sending them again could pay for them twice. */
async function downloadOutput(
  run: BatchRun,
  input: Parameters<ReturnType<typeof filePass>['download']>[0],
  untilMs: number | null,
): Promise<boolean> {
  const { id } = input.handle;
  for (let downloads = 1; ; downloads += 1) {
    const proxy = filePass(run.input.job.timing, `download ${id}`, untilMs);
    try {
      return (await runThroughTrouble(run, id, () => proxy.download(input), { untilMs })) !== outOfTime;
    } catch (error) {
      if (!unreadableFaults.has(readFailureType(error) ?? '')) throw error;
    }
    if (downloads >= downloadsMax || (untilMs !== null && Date.now() >= untilMs)) return false;
    await sleep(capacityDelayMs(downloads - 1), {
      summary: `${id} has ended; the provider does not show its output yet`,
    });
  }
}

function classify(run: BatchRun, progress: Progress, end: UncountedEnd): Promise<Tally> {
  const { handle, twins } = progress.submission;
  const view = end.kind === 'ended' ? end.view : null;
  const isPastDeadline = progress.cancelledUntil === null && progress.polling?.cancelAskedAt != null;
  const cancelReason = isPastDeadline ? 'deadline' : 'cancelled';
  const blamed = view?.ending === 'failed' ? blamedLines(view.errors) : new Set<number>();
  return filePass(run.input.job.timing, `classify ${run.input.planned.items} items`).classify({
    ...run.ref,
    batchId: handle?.id ?? null,
    ending: view?.status ?? null,
    createdAt: handle?.createdAt ?? null,
    endedAt: view?.endedAt ?? null,
    polls: progress.polling?.polls ?? 0,
    twinBatches: twins,
    cancelReason,
    missingReason: chooseMissingReason(end, cancelReason),
    blamed: blamed === 'all' ? 'all' : [...blamed],
  });
}

/** The reason of an item for which the output has no line. */
function chooseMissingReason(end: UncountedEnd, cancelReason: 'cancelled' | 'deadline'): ItemReason {
  if (end.kind === 'unsent') return end.reason;
  if (end.kind === 'in_doubt') return 'in_doubt';
  switch (end.view.ending) {
    case 'failed':
      return 'batch_failed';
    case 'expired':
      return 'expired';
    case 'cancelled':
      return cancelReason;
    default:
      return 'missing';
  }
}
