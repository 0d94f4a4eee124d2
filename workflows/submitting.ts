// From a planned batch to a provider's batch: staged, looked for, created, and created again only when it ran nothing.

import { CancellationScope, condition, sleep } from '@temporalio/workflow';
import { capacityDelayMs, pollDelayMs } from '../domain/backoff.ts';
import { type BatchHandle, type BatchView, failedBatchAction } from '../domain/batch-state.ts';
import { capacityWaitsMax } from '../domain/limits.ts';
import type { ItemReason, Tally } from '../domain/outcome.ts';
import { failureType, gaveUp, type Life, refOf, tell, untroubled } from './life.ts';
import { creating, staging } from './proxies.ts';

export interface Submission {
  /** Rises only when the earlier provider batch came to an end having run nothing. */
  ordinal: number;
  handle: BatchHandle | null;
  twins: number;
  capacityWaits: number;
  /** A create whose fate is not known yet. */
  uncertain: boolean;
}

export const newSubmission = (): Submission => ({
  ordinal: 0,
  handle: null,
  twins: 0,
  capacityWaits: 0,
  uncertain: false,
});

export type Submitted =
  | { readonly kind: 'created'; readonly handle: BatchHandle }
  | { readonly kind: 'answered'; readonly tally: Tally }
  | { readonly kind: 'unsent'; readonly reason: ItemReason };

export async function submit(life: Life, submission: Submission): Promise<Submitted> {
  for (;;) {
    await condition(() => !life.paused || life.endNow);
    if (life.endNow) return { kind: 'unsent', reason: 'deadline' };
    const staged = await stageOnce(life, submission);
    if (staged === gaveUp) return { kind: 'unsent', reason: 'deadline' };
    if (staged.kind === 'answered') return staged;
    await condition(() => !life.paused || life.endNow);
    if (life.endNow) return { kind: 'unsent', reason: 'deadline' };
    const created = await createOnce(life, submission, staged.staged.fileId);
    if (created !== 'again') return created;
  }
}

function submissionOf(life: Life, { ordinal }: Submission) {
  const { items, bytes, requestsCrc32: crc32, endpoint } = life.input.planned;
  return { ...refOf(life), ordinal, items, bytes, crc32, endpoint };
}

function stageOnce(life: Life, submission: Submission) {
  const { planned, job } = life.input;
  const summary = `stage ${planned.items} items, ${Math.ceil(planned.bytes / 1e6)} MB`;
  return untroubled(
    life,
    null,
    () => staging(job.timing, planned.bytes, summary).stage(submissionOf(life, submission)),
    { endNow: true },
  );
}

async function createOnce(life: Life, submission: Submission, fileId: string | null): Promise<Submitted | 'again'> {
  const { planned, job } = life.input;
  const input = { ...submissionOf(life, submission), staged: { fileId } };
  const proxy = creating(job.timing, planned.bytes, `create ${job.provider} batch of ${planned.items} items`);
  for (let looks = 0; ; looks += 1) {
    try {
      // A create that has begun is seen through: only its end tells what a cancelled job has to collect.
      const seenThrough = () => CancellationScope.nonCancellable(() => proxy.create(input));
      const result = await untroubled(life, null, seenThrough, { endNow: true });
      if (result === gaveUp) return { kind: 'unsent', reason: 'deadline' };
      submission.uncertain = result.kind === 'uncertain';
      if (result.kind === 'created') {
        Object.assign(submission, { handle: result.handle, ordinal: result.ordinal, twins: result.twins });
        return { kind: 'created', handle: result.handle };
      }
    } catch (error) {
      return await afterRefusedCreate(life, submission, error);
    }
    if (Date.now() > life.startedAt + job.timing.providerWindowMs + graceMs)
      return { kind: 'unsent', reason: 'in_doubt' };
    await sleep(pollDelayMs(looks, job.poll), {
      summary: 'a batch whose create had no reply may be among the running ones',
    });
  }
}

/** The job was cancelled while a create's fate was unknown: looks until it is known or the time is over, and creates nothing. */
export async function resolveUncertain(life: Life, submission: Submission, untilMs: number): Promise<void> {
  const { job, planned } = life.input;
  const input = { ...submissionOf(life, submission), staged: { fileId: null }, lookOnly: true };
  const proxy = creating(job.timing, planned.bytes, 'look for a batch whose create had no reply');
  for (let looks = 0; submission.uncertain; looks += 1) {
    const result = await proxy.create(input);
    submission.uncertain = result.kind === 'uncertain';
    if (result.kind === 'created') Object.assign(submission, { handle: result.handle, twins: result.twins });
    if (!submission.uncertain || Date.now() >= untilMs) return;
    await sleep(pollDelayMs(looks, job.poll), { summary: 'a batch whose create had no reply may be running' });
  }
}

/** A provider is given this much longer than its own window before what it holds is in doubt. */
export const graceMs = 2 * 3_600_000;

async function afterRefusedCreate(life: Life, submission: Submission, error: unknown): Promise<Submitted | 'again'> {
  switch (failureType(error)) {
    case 'capacity':
      return (await waitForCapacity(life, submission))
        ? 'again'
        : { kind: 'unsent', reason: life.endNow ? 'deadline' : 'capacity' };
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
async function waitForCapacity(life: Life, submission: Submission): Promise<boolean> {
  await tell(life, 'waiting', null);
  const delay = capacityDelayMs(submission.capacityWaits);
  submission.capacityWaits += 1;
  if (submission.capacityWaits > capacityWaitsMax || Date.now() + delay > life.startedAt + life.batchDeadlineMs)
    return false;
  await condition(() => life.endNow, delay, { summary: 'the provider has no room for another batch' });
  return !life.endNow;
}

/**
 * What follows a batch that the provider refused after creating it, having run nothing: another one, its items given back as it judged
 * them, or all of them for one reason of ours.
 */
export async function afterFailedBatch(
  life: Life,
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
