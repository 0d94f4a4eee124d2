// From a planned batch to a provider's batch: upload, find, create. A batch is created again only if the earlier one ran nothing.

import { ApplicationFailure } from '@temporalio/common';
import { CancellationScope, condition, log, sleep } from '@temporalio/workflow';
import { capacityDelayMs, pollDelayMs } from '../../domain/batch/backoff.ts';
import { type BatchHandle, type BatchView, failedBatchAction } from '../../domain/batch/state.ts';
import { capacityWaitsMax } from '../../domain/limits.ts';
import type { ItemReason, Tally } from '../../domain/outcome/outcome.ts';
import { exclusiveCall, shortCall, transfer } from '../proxies.ts';
import type { BatchRun } from './batch-run.ts';
import { outOfTime, readFailureType, runThroughTrouble } from './trouble.ts';

export interface Submission {
  /** Rises only if the earlier provider batch ended without running anything. */
  ordinal: number;
  handle: BatchHandle | null;
  twins: number;
  capacityWaits: number;
  /** When the provider first had no room. */
  noRoomSince: number | null;
}

export const newSubmission = (): Submission => ({
  ordinal: 0,
  handle: null,
  twins: 0,
  capacityWaits: 0,
  noRoomSince: null,
});

export type Submitted =
  | { readonly kind: 'created'; readonly handle: BatchHandle }
  | { readonly kind: 'answered'; readonly tally: Tally }
  /** Nothing of the batch is at the provider. */
  | { readonly kind: 'unsent'; readonly reason: ItemReason }
  | { readonly kind: 'in_doubt' };

export async function submit(run: BatchRun, submission: Submission): Promise<Submitted> {
  for (;;) {
    await condition(() => !run.paused || run.endNow);
    if (run.endNow) return resolveWithoutCreating(run, submission, 'deadline');
    const result = await uploadAndCreate(run, submission);
    if (result !== 'again') return result;
  }
}

/** A provider gets this much more time than its own window. After that, the items of the batch are in doubt. */
export const graceMs = 2 * 3_600_000;

/** By then, a batch that a create has made has ended. */
const computeInDoubtAt = (run: BatchRun): number => Date.now() + run.input.job.timing.providerWindowMs + graceMs;

/** Creates nothing more. A batch that this workflow, or an earlier one of the same batch, has at the provider decides about the items. */
export async function resolveWithoutCreating(
  run: BatchRun,
  submission: Submission,
  reason: ItemReason,
  untilMs: number = computeInDoubtAt(run),
): Promise<Submitted> {
  const found = await findCreated(run, submission, untilMs);
  return found === 'none' ? { kind: 'unsent', reason } : found;
}

async function uploadAndCreate(run: BatchRun, submission: Submission): Promise<Submitted | 'again'> {
  try {
    const uploaded = await upload(run, submission);
    if (uploaded === outOfTime) return 'again';
    if (uploaded.kind === 'answered') return uploaded;
    await condition(() => !run.paused || run.endNow);
    return run.endNow ? 'again' : await create(run, submission, uploaded.staged.fileId);
  } catch (error) {
    return reactToRefusal(run, submission, error);
  }
}

function describeSubmission(run: BatchRun, { ordinal }: Submission) {
  const { items, bytes, requestsCrc32: crc32, endpoint } = run.input.planned;
  return { ...run.ref, ordinal, items, bytes, crc32, endpoint };
}

function upload(run: BatchRun, submission: Submission) {
  const { planned, job } = run.input;
  const summary = `upload ${planned.items} items, ${Math.ceil(planned.bytes / 1e6)} MB`;
  const proxy = transfer(job.timing, planned.bytes, summary);
  const input = describeSubmission(run, submission);
  return runThroughTrouble(run, null, () => runUnlessStopped(run, () => proxy.stage(input)), { endNow: true });
}

async function create(run: BatchRun, submission: Submission, fileId: string | null): Promise<Submitted | 'again'> {
  const { planned, job } = run.input;
  const input = { ...describeSubmission(run, submission), staged: { fileId } };
  const proxy = exclusiveCall(job.timing, planned.bytes, `create ${job.provider} batch of ${planned.items} items`);
  const result = await runThroughTrouble(run, null, () => runUnlessStopped(run, () => proxy.create(input)), {
    endNow: true,
  });
  if (result === outOfTime) return 'again';
  if (result.kind === 'created') return recordCreated(submission, result);
  const found = await findCreated(run, submission, computeInDoubtAt(run));
  return found === 'none' ? 'again' : found;
}

function recordCreated(
  submission: Submission,
  { handle, ordinal, twins }: Pick<Submission, 'ordinal' | 'twins'> & { readonly handle: BatchHandle },
): Submitted {
  Object.assign(submission, { handle, ordinal, twins });
  log.info('batch created', { event: 'batch_created', batchId: handle.id });
  return { kind: 'created', handle };
}

/** A pause or the job's deadline stops work that waits for its next attempt. An attempt of a create that has begun runs to its end. */
async function runUnlessStopped<T>(run: BatchRun, work: () => Promise<T>): Promise<T | typeof outOfTime> {
  let isOver = false;
  const scope = new CancellationScope();
  condition(() => isOver || run.paused || run.endNow)
    .then(() => (isOver ? undefined : scope.cancel()))
    .catch(() => undefined); // the whole batch is cancelled, and this scope with it
  try {
    return await scope.run(work);
  } catch (error) {
    if (!scope.consideredCancelled || isFinal(error)) throw error;
    return outOfTime;
  } finally {
    isOver = true;
  }
}

/** Another attempt would fail in the same way. */
const isFinal = (error: unknown): boolean =>
  error instanceof Error && error.cause instanceof ApplicationFailure && error.cause.nonRetryable === true;

/**
 * Finds the batch of a create whose reply was lost, until it is found, known not to exist, or `untilMs` has passed. If no create was begun,
 * this makes no call to the provider.
 */
async function findCreated(run: BatchRun, submission: Submission, untilMs: number): Promise<Submitted | 'none'> {
  const { job } = run.input;
  const input = { ...describeSubmission(run, submission), staged: { fileId: null }, lookOnly: true };
  for (let finds = 0; ; finds += 1) {
    const proxy = shortCall(job.timing, 'find the batch of an earlier create', untilMs);
    const result = await runThroughTrouble(run, null, () => proxy.create(input), { untilMs });
    if (result !== outOfTime && result.kind === 'created') return recordCreated(submission, result);
    if (result !== outOfTime && result.kind === 'none') return 'none';
    if (Date.now() >= untilMs) return { kind: 'in_doubt' };
    await sleep(pollDelayMs(finds, job.poll), { summary: 'a batch whose create had no reply may be running' });
  }
}

async function reactToRefusal(run: BatchRun, submission: Submission, error: unknown): Promise<Submitted | 'again'> {
  switch (readFailureType(error)) {
    case 'capacity':
      if (await waitForCapacity(run, submission)) return 'again';
      return resolveWithoutCreating(run, submission, run.endNow ? 'deadline' : 'capacity');
    case 'not_ready':
      return 'again'; // the provider did not find the file for minutes: upload it again
    case 'refused':
    case 'too_large':
    case 'not_found':
      // The provider refused the whole body, and nothing ran. The next wave sends the items in other batches, in the end one by one.
      return { kind: 'unsent', reason: 'batch_failed' };
    default:
      throw error;
  }
}

/** False if the batch has waited as often or as long as it may. */
async function waitForCapacity(run: BatchRun, submission: Submission): Promise<boolean> {
  if (submission.capacityWaits === 0) await run.notify('waiting');
  const delayMs = capacityDelayMs(submission.capacityWaits);
  submission.capacityWaits += 1;
  submission.noRoomSince ??= Date.now();
  const isTooLong = Date.now() + delayMs > submission.noRoomSince + run.batchDeadlineMs;
  if (submission.capacityWaits > capacityWaitsMax || isTooLong) return false;
  await condition(() => run.endNow, delayMs, { summary: 'the provider has no room for another batch' });
  return !run.endNow;
}

/** How often a file that the provider has lost is uploaded again. */
const uploadsAgainMax = 5;

/**
 * The provider failed the batch after its creation and ran nothing. Submit it again, give its items back as the provider judged them, or
 * give all of them back for one reason.
 */
export async function reactToFailedBatch(
  run: BatchRun,
  submission: Submission,
  view: BatchView,
): Promise<'again' | 'give_back' | ItemReason> {
  const next = { ordinal: submission.ordinal + 1, handle: null };
  switch (failedBatchAction(view.errors)) {
    case 'wait_for_capacity':
      if (!(await waitForCapacity(run, submission))) return run.endNow ? 'deadline' : 'capacity';
      Object.assign(submission, next);
      return 'again';
    case 'ask_a_person': {
      const { resumes } = run;
      await run.notify('waiting', { batchId: submission.handle?.id ?? null, trouble: 'no_money' });
      await condition(() => run.resumes > resumes || run.endNow);
      Object.assign(submission, next);
      return run.endNow ? 'deadline' : 'again';
    }
    case 'stage_again':
      if (submission.ordinal >= uploadsAgainMax) return 'give_back';
      await sleep(capacityDelayMs(0), { summary: 'the provider lost the file: upload it again' });
      Object.assign(submission, next);
      return 'again';
    case 'give_items_back':
      return 'give_back';
  }
}
