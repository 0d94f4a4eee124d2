// One provider batch, from its staged file to its counted answers. It always completes with a tally, cancelled or not.

import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import { capacityDelayMs } from '../../domain/batch/backoff.ts';
import { type BatchView, blamedLines } from '../../domain/batch/state.ts';
import type { ItemReason, Tally } from '../../domain/outcome/outcome.ts';
import { longWork } from '../proxies.ts';
import {
  type BatchInput,
  type BatchRun,
  beginLife,
  counted,
  failureType,
  outOfTime,
  runThroughTrouble,
  toBatchRef,
} from './batch-run.ts';
import { askToEnd, newPolling, type Polling, pollToEnd } from './poll.ts';
import { afterFailedBatch, newSubmission, type Submission, type Submitted, submit, unlessThere } from './submit.ts';

/** How the batch's life at the provider went. */
type End = { readonly kind: 'ended'; readonly view: BatchView } | Exclude<Submitted, { kind: 'created' }>;

interface Progress {
  readonly submission: Submission;
  watch: Polling | null;
  end: End | null;
  /** Set when the job is cancelled: by then the batch has come to an end, whatever the provider does. */
  cancelledUntil: number | null;
}

/** Guarantees that no item is sent twice and that whatever was answered is collected, in every way a batch can end. */
export async function processBatch(input: BatchInput): Promise<Tally> {
  const life = beginLife(input);
  const progress: Progress = { submission: newSubmission(), watch: null, end: null, cancelledUntil: null };
  let end: End;
  try {
    end = await collect(life, progress, await live(life, progress));
  } catch (error) {
    if (!isCancellation(error)) throw error;
    const untilMs = Date.now() + input.job.timing.cancelGraceMs;
    progress.cancelledUntil = untilMs;
    end = await CancellationScope.nonCancellable(async () =>
      collect(life, progress, progress.end ?? (await endCancelled(life, progress, untilMs))),
    );
  }
  if (end.kind === 'answered') return end.tally;
  return counted(await CancellationScope.nonCancellable(() => classify(life, progress, end)));
}

async function live(life: BatchRun, progress: Progress): Promise<End> {
  for (;;) {
    const submitted = await submit(life, progress.submission);
    if (submitted.kind !== 'created') return submitted;
    progress.watch = newPolling(submitted.handle);
    const view = await pollToEnd(life, progress.watch);
    if (view === null) return { kind: 'in_doubt' };
    if (view.ending !== 'failed') return { kind: 'ended', view };
    const next = await afterFailedBatch(life, progress.submission, view);
    if (next === 'give_back') return { kind: 'ended', view };
    if (next !== 'again') return { kind: 'unsent', reason: next };
    progress.watch = null;
  }
}

/** The job was cancelled: the provider's batch too, and its end is awaited for a bounded time. */
async function endCancelled(life: BatchRun, progress: Progress, untilMs: number): Promise<End> {
  const { submission } = progress;
  if (submission.handle === null) {
    const there = await unlessThere(life, submission, 'cancelled', untilMs);
    if (there.kind !== 'created') return there;
    submission.handle = there.handle;
  }
  progress.watch ??= newPolling(submission.handle);
  if (progress.watch.cancelAskedAt === null) await askToEnd(life, progress.watch, untilMs);
  const view = await pollToEnd(life, progress.watch, untilMs);
  return view === null ? { kind: 'in_doubt' } : { kind: 'ended', view };
}

/** Reads what the batch had finished; what trouble keeps from being read until a cancelled job has to end is in doubt. */
async function collect(life: BatchRun, progress: Progress, end: End): Promise<End> {
  progress.end = end;
  const { handle } = progress.submission;
  if (end.kind !== 'ended' || end.view.ending === 'failed' || handle === null) return end;
  const read = await downloadOutput(life, handle.id, { ...toBatchRef(life), handle }, progress.cancelledUntil);
  return read ? end : { kind: 'in_doubt' };
}

function classify(life: BatchRun, progress: Progress, end: Exclude<End, { kind: 'answered' }>): Promise<Tally> {
  const { handle, twins } = progress.submission;
  const view = end.kind === 'ended' ? end.view : null;
  const askedForDeadline = progress.cancelledUntil === null && progress.watch?.cancelAskedAt != null;
  const cancelReason = askedForDeadline ? 'deadline' : 'cancelled';
  const blamed = view?.ending === 'failed' ? blamedLines(view.errors) : new Set<number>();
  return longWork(life.input.job.timing, `classify ${life.input.planned.items} items`).classify({
    ...toBatchRef(life),
    batchId: handle?.id ?? null,
    ending: view?.status ?? null,
    createdAt: handle?.createdAt ?? null,
    endedAt: view?.endedAt ?? null,
    polls: progress.watch?.polls ?? 0,
    twinBatches: twins,
    cancelReason,
    missingReason: missingReason(end, cancelReason),
    blamed: blamed === 'all' ? 'all' : [...blamed],
  });
}

/** What is true of an item that no line of output speaks of. */
function missingReason(end: Exclude<End, { kind: 'answered' }>, cancelReason: 'cancelled' | 'deadline'): ItemReason {
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

const unreadable: ReadonlySet<string> = new Set(['not_found', 'not_ready', 'refused', 'too_large']);
/** How often output that the provider does not show is asked for: some three hours. */
const readsMax = 24;

/** False where what there may be could not be read: sending the items again would pay for them twice. */
async function downloadOutput(
  life: BatchRun,
  batchId: string,
  input: Parameters<ReturnType<typeof longWork>['download']>[0],
  untilMs: number | null,
): Promise<boolean> {
  for (let reads = 1; ; reads += 1) {
    const proxy = longWork(life.input.job.timing, `download ${batchId}`, untilMs);
    try {
      return (await runThroughTrouble(life, batchId, () => proxy.download(input), { untilMs })) !== outOfTime;
    } catch (error) {
      if (!unreadable.has(failureType(error) ?? '')) throw error;
    }
    if (reads >= readsMax || (untilMs !== null && Date.now() >= untilMs)) return false;
    await sleep(capacityDelayMs(reads - 1), { summary: `${batchId} has ended; the provider does not show its output` });
  }
}
