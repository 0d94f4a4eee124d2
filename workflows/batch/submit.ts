// From a planned batch to a provider's batch: staged, looked for, created, and created again only when it ran nothing.

import { ApplicationFailure } from '@temporalio/common';
import { CancellationScope, condition, log, sleep } from '@temporalio/workflow';
import { capacityDelayMs, pollDelayMs } from '../../domain/batch/backoff.ts';
import { type BatchHandle, type BatchView, failedBatchAction } from '../../domain/batch/state.ts';
import { capacityWaitsMax } from '../../domain/limits.ts';
import type { ItemReason, Tally } from '../../domain/outcome/outcome.ts';
import { creating, looking, staging } from '../proxies.ts';
import { type BatchRun, failureType, outOfTime, runThroughTrouble, tell, toBatchRef } from './batch-run.ts';

export interface Submission {
  /** Rises only when the earlier provider batch came to an end having run nothing. */
  ordinal: number;
  handle: BatchHandle | null;
  twins: number;
  capacityWaits: number;
  /** When the provider first had no room. */
  crampedSince: number | null;
}

export const newSubmission = (): Submission => ({
  ordinal: 0,
  handle: null,
  twins: 0,
  capacityWaits: 0,
  crampedSince: null,
});

export type Submitted =
  | { readonly kind: 'created'; readonly handle: BatchHandle }
  | { readonly kind: 'answered'; readonly tally: Tally }
  /** Nothing of it is at the provider. */
  | { readonly kind: 'unsent'; readonly reason: ItemReason }
  | { readonly kind: 'in_doubt' };

export async function submit(life: BatchRun, submission: Submission): Promise<Submitted> {
  for (;;) {
    await condition(() => !life.paused || life.endNow);
    if (life.endNow) return unlessThere(life, submission, 'deadline');
    const result = await stageAndCreate(life, submission);
    if (result !== 'again') return result;
  }
}

/** A provider is given this much longer than its own window before what it holds is in doubt. */
export const graceMs = 2 * 3_600_000;

/** By then whatever a create made has come to its end. */
const inDoubtAt = (life: BatchRun): number => Date.now() + life.input.job.timing.providerWindowMs + graceMs;

/** Nothing more is created: what this batch, or an earlier life of it, may have at the provider decides what is true of its items. */
export async function unlessThere(
  life: BatchRun,
  submission: Submission,
  reason: ItemReason,
  untilMs: number = inDoubtAt(life),
): Promise<Submitted> {
  const fate = await fateOfCreate(life, submission, untilMs);
  return fate === 'none' ? { kind: 'unsent', reason } : fate;
}

async function stageAndCreate(life: BatchRun, submission: Submission): Promise<Submitted | 'again'> {
  try {
    const staged = await stageOnce(life, submission);
    if (staged === outOfTime) return 'again';
    if (staged.kind === 'answered') return staged;
    await condition(() => !life.paused || life.endNow);
    return life.endNow ? 'again' : await createOnce(life, submission, staged.staged.fileId);
  } catch (error) {
    return afterRefusal(life, submission, error);
  }
}

function describeSubmission(life: BatchRun, { ordinal }: Submission) {
  const { items, bytes, requestsCrc32: crc32, endpoint } = life.input.planned;
  return { ...toBatchRef(life), ordinal, items, bytes, crc32, endpoint };
}

function stageOnce(life: BatchRun, submission: Submission) {
  const { planned, job } = life.input;
  const summary = `stage ${planned.items} items, ${Math.ceil(planned.bytes / 1e6)} MB`;
  const proxy = staging(job.timing, planned.bytes, summary);
  return runThroughTrouble(
    life,
    null,
    () => unlessStopped(life, () => proxy.stage(describeSubmission(life, submission))),
    {
      endNow: true,
    },
  );
}

async function createOnce(life: BatchRun, submission: Submission, fileId: string | null): Promise<Submitted | 'again'> {
  const { planned, job } = life.input;
  const input = { ...describeSubmission(life, submission), staged: { fileId } };
  const proxy = creating(job.timing, planned.bytes, `create ${job.provider} batch of ${planned.items} items`);
  const result = await runThroughTrouble(life, null, () => unlessStopped(life, () => proxy.create(input)), {
    endNow: true,
  });
  if (result === outOfTime) return 'again';
  if (result.kind === 'created') return created(submission, result);
  const fate = await fateOfCreate(life, submission, inDoubtAt(life));
  return fate === 'none' ? 'again' : fate;
}

function created(
  submission: Submission,
  { handle, ordinal, twins }: { readonly handle: BatchHandle; readonly ordinal: number; readonly twins: number },
): Submitted {
  Object.assign(submission, { handle, ordinal, twins });
  log.info('batch created', { event: 'batch_created', batchId: handle.id });
  return { kind: 'created', handle };
}

/** Whoever pauses, cancels or runs out of time stops work that waits for its next try; a create under way is seen through by its attempt. */
async function unlessStopped<T>(life: BatchRun, work: () => Promise<T>): Promise<T | typeof outOfTime> {
  let over = false;
  const scope = new CancellationScope();
  condition(() => over || life.paused || life.endNow)
    .then(() => (over ? undefined : scope.cancel()))
    .catch(() => undefined); // the whole batch is cancelled, and this scope with it
  try {
    return await scope.run(work);
  } catch (error) {
    if (!scope.consideredCancelled || isFinal(error)) throw error;
    return outOfTime;
  } finally {
    over = true;
  }
}

/** What another try would not change. */
const isFinal = (error: unknown): boolean =>
  error instanceof Error && error.cause instanceof ApplicationFailure && error.cause.nonRetryable === true;

/** Looks for a batch whose create had no reply until it is found, known not to be, or the time is over. Costs the provider nothing where none was begun. */
async function fateOfCreate(life: BatchRun, submission: Submission, untilMs: number): Promise<Submitted | 'none'> {
  const { job } = life.input;
  const input = { ...describeSubmission(life, submission), staged: { fileId: null }, lookOnly: true };
  for (let looks = 0; ; looks += 1) {
    const proxy = looking(job.timing, 'look for what an earlier create may have made', untilMs);
    const result = await runThroughTrouble(life, null, () => proxy.create(input), { untilMs });
    if (result !== outOfTime && result.kind === 'created') return created(submission, result);
    if (result !== outOfTime && result.kind === 'none') return 'none';
    if (Date.now() >= untilMs) return { kind: 'in_doubt' };
    await sleep(pollDelayMs(looks, job.poll), { summary: 'a batch whose create had no reply may be running' });
  }
}

async function afterRefusal(life: BatchRun, submission: Submission, error: unknown): Promise<Submitted | 'again'> {
  switch (failureType(error)) {
    case 'capacity':
      if (await waitForCapacity(life, submission)) return 'again';
      return unlessThere(life, submission, life.endNow ? 'deadline' : 'capacity');
    case 'not_ready':
      return 'again'; // minutes of "cannot find file": staged anew
    case 'refused':
    case 'too_large':
    case 'not_found':
      // The whole body was refused and nothing ran. Its items go on in other company, and in the end one by one.
      return { kind: 'unsent', reason: 'batch_failed' };
    default:
      throw error;
  }
}

/** False when it is not worth waiting any longer. */
async function waitForCapacity(life: BatchRun, submission: Submission): Promise<boolean> {
  if (submission.capacityWaits === 0) await tell(life, 'waiting', null);
  const delay = capacityDelayMs(submission.capacityWaits);
  submission.capacityWaits += 1;
  submission.crampedSince ??= Date.now();
  const isTooLong = Date.now() + delay > submission.crampedSince + life.batchDeadlineMs;
  if (submission.capacityWaits > capacityWaitsMax || isTooLong) return false;
  await condition(() => life.endNow, delay, { summary: 'the provider has no room for another batch' });
  return !life.endNow;
}

/**
 * What follows a batch that the provider refused after creating it, having run nothing: another one, its items given back as it judged
 * them, or all of them for one reason of ours.
 */
export async function afterFailedBatch(
  life: BatchRun,
  submission: Submission,
  view: BatchView,
): Promise<'again' | 'give_back' | ItemReason> {
  const next = { ordinal: submission.ordinal + 1, handle: null };
  switch (failedBatchAction(view.errors)) {
    case 'wait_for_capacity':
      if (!(await waitForCapacity(life, submission))) return life.endNow ? 'deadline' : 'capacity';
      Object.assign(submission, next);
      return 'again';
    case 'ask_a_person': {
      const before = life.resumes;
      await tell(life, 'waiting', submission.handle?.id ?? null, 'no_money');
      await condition(() => life.resumes > before || life.endNow);
      Object.assign(submission, next);
      return life.endNow ? 'deadline' : 'again';
    }
    case 'stage_again':
      if (submission.ordinal >= stagedAgainMax) return 'give_back';
      await sleep(capacityDelayMs(0), { summary: 'the provider lost sight of the file: staged anew' });
      Object.assign(submission, next);
      return 'again';
    case 'give_items_back':
      return 'give_back';
  }
}

const stagedAgainMax = 5;
