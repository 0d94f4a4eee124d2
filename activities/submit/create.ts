// Makes a provider's batch out of a planned one, never two: look for it, and only then create it.

import { cancellationSignal } from '@temporalio/activity';
import { reactionTo } from '../../domain/batch/backoff.ts';
import type { BatchHandle, Staged } from '../../domain/batch/state.ts';
import type { JobFile } from '../../domain/job.ts';
import { InvariantBroken } from '../../domain/refusal.ts';
import { readJobFile, requireProvider } from '../../job-folder/job-file.ts';
import {
  closeIntent,
  describeSubmission,
  type Intent,
  readHandle,
  readIntent,
  recordHandle,
  type SubmissionRef,
  writeIntent,
} from '../../job-folder/submission.ts';
import { ProviderError } from '../../providers/error.ts';
import type { Found, Provider, Submission } from '../../providers/provider.ts';
import { StoreError } from '../../storage/store.ts';
import type { ActivityDeps } from '../deps.ts';
import { TryAgain } from '../failure.ts';
import { awaitEarlierOwners } from '../open/take-over.ts';

import { withRequests } from './requests-file.ts';

export interface CreateInput extends SubmissionRef {
  readonly staged: Staged;
  /** Nothing is created any more: only what an earlier attempt may have made is looked for. */
  readonly lookOnly?: boolean;
}

export type CreateResult =
  | {
      readonly kind: 'created';
      readonly handle: BatchHandle;
      readonly ordinal: number;
      readonly twins: number;
      readonly adopted: boolean;
    }
  /** Some batches at the provider might be the one whose reply was lost; they will show it when they end. */
  | { readonly kind: 'uncertain'; readonly candidates: number }
  /** Looked only: there is none. */
  | { readonly kind: 'none' };

/**
 * No create without a look before it. An attempt first writes down that it is about to; whoever comes next (another attempt, a reset,
 * a job that takes over) finds that note, waits until nothing of it can come any more and the provider's lists have settled, and looks.
 */
export async function create(deps: ActivityDeps, asked: CreateInput): Promise<CreateResult> {
  // Taken before anything is read: a process that was stopped in between must find itself late, wherever it was stopped.
  const startedAt = deps.now();
  const job = await readJobFile(deps, asked.output);
  await awaitEarlierOwners(deps, job, asked);
  const known = await readHandle(deps, asked);
  const note = await readIntent(deps, asked);
  // Whoever only looks may be a later life of the batch, which knows nothing of the submissions that followed the first.
  const latest = Math.max(asked.ordinal, note?.ordinal ?? 0, known?.ordinal ?? 0);
  const input = asked.lookOnly === true ? { ...asked, ordinal: latest } : asked;
  if (known !== null && known.ordinal >= input.ordinal) {
    return { kind: 'created', handle: known.handle, ordinal: known.ordinal, twins: known.twins, adopted: true };
  }
  const provider = requireProvider(deps, job);
  const before = note?.ordinal === input.ordinal ? note : null;
  if (input.lookOnly === true && before === null) return { kind: 'none' };
  if (before !== null) awaitSettled(before, job, startedAt);
  const intent: Intent = {
    ordinal: input.ordinal,
    by: deps.randomHex(8),
    firstAt: before?.firstAt ?? startedAt,
    overAt: startedAt + job.timing.createCallMs + createCallMs(job, provider.limits.createSendsItems, input.bytes),
  };
  await takeIntent(deps, input, intent, note === null);
  const attempt = { deps, job, provider, input, intent, before };
  const submission = { ...(await describeSubmission(deps, job, input, intent.firstAt)), untried: before === null };
  const found = await findBatch(attempt, submission);
  if (found.confirmed.length > 0) return adopt(attempt, found);
  if (before !== null && found.possible.length > 0) {
    await restoreIntent(attempt);
    return { kind: 'uncertain', candidates: found.possible.length };
  }
  if (input.lookOnly) {
    await restoreIntent({ ...attempt, before: null });
    return { kind: 'none' };
  }
  return createNow(attempt, submission);
}

/** One attempt at a create: what it is of, and the note that it made of itself. */
interface Attempt {
  readonly deps: ActivityDeps;
  readonly job: JobFile;
  readonly provider: Provider;
  readonly input: CreateInput;
  readonly intent: Intent;
  /** The note of an earlier attempt whose fate was not known. */
  readonly before: Intent | null;
}

/** Of two that find no note only one may go on: the other finds the note when it comes again. */
async function takeIntent(deps: ActivityDeps, input: CreateInput, intent: Intent, ifAbsent: boolean): Promise<void> {
  try {
    await writeIntent(deps, input, intent, { ifAbsent });
  } catch (error) {
    if (!(error instanceof StoreError) || error.problem !== 'exists') throw error;
    throw new TryAgain('another attempt at this create is under way', 1000);
  }
}

/** The longest a create's own call may take: long enough for what it sends at 1 MB/s. */
function createCallMs(job: Pick<JobFile, 'timing'>, sendsItems: boolean, bytes: number): number {
  return job.timing.createCallMs + (sendsItems ? Math.ceil(bytes / 1000) : 0);
}

function awaitSettled(intent: Intent, job: JobFile, now: number): void {
  const waitMs = intent.overAt + job.timing.settleMs - now;
  if (waitMs > 0) {
    throw new TryAgain('an earlier create may have gone through: looks once the lists have settled', waitMs);
  }
}

/** Whether another attempt has taken over while this one was stopped, or slow. */
async function isTakenOver({ deps, input, intent }: Attempt): Promise<boolean> {
  return (await readIntent(deps, input))?.by !== intent.by;
}

/** Nothing was sent in this attempt: what stands is what stood before it. */
async function restoreIntent(attempt: Attempt): Promise<void> {
  if (await isTakenOver(attempt)) return;
  const { deps, input, before } = attempt;
  if (before === null) {
    await closeIntent(deps, input);
  } else {
    await writeIntent(deps, input, before);
  }
}

/** Sends no create: where it fails, the attempt leaves no note of its own behind. */
async function findBatch(attempt: Attempt, submission: Submission): Promise<Found> {
  const { provider, job, before } = attempt;
  const signal = AbortSignal.any([cancellationSignal(), AbortSignal.timeout(job.timing.createCallMs)]);
  try {
    return await provider.find(submission, { signal });
  } catch (error) {
    await restoreIntent(attempt);
    // While an earlier create may have gone through, a refusal says only that this look was refused.
    if (before !== null && isFinal(error)) {
      throw new TryAgain('the look for what an earlier create made was refused: tried again', job.timing.settleMs);
    }
    throw error;
  }
}

async function adopt({ deps, provider, input }: Attempt, found: Found): Promise<CreateResult> {
  const [oldest, ...twins] = found.confirmed;
  if (oldest === undefined) throw new InvariantBroken('nothing to adopt');
  for (const twin of twins) await cancelTwin(provider, twin);
  const handle = { ...oldest, fileId: oldest.fileId ?? input.staged.fileId };
  const record = await recordHandle(deps, input, handle, twins.length);
  await closeIntent(deps, input);
  return { kind: 'created', handle: record.handle, ordinal: record.ordinal, twins: record.twins, adopted: true };
}

const isFinal = (error: unknown): boolean =>
  error instanceof ProviderError && reactionTo[error.facts.fault].kind === 'final';

/** One that cannot be cancelled runs on: it is counted, and must not keep us from our own. */
async function cancelTwin(provider: Provider, twin: BatchHandle): Promise<void> {
  try {
    await provider.cancel(twin, { signal: cancellationSignal() });
  } catch (error) {
    if (!isFinal(error)) throw error;
  }
}

async function createNow(attempt: Attempt, submission: Submission): Promise<CreateResult> {
  const { deps, job, provider, input, intent } = attempt;
  const handle = await withRequests(deps, input, submission, async (file) => {
    const takenOver = await isTakenOver(attempt);
    const leftMs = intent.overAt - deps.now();
    // It was stopped on its way here: by now another attempt may be looking.
    if (takenOver || leftMs <= 0) throw new TryAgain('the create came too late', job.timing.settleMs);
    try {
      return await provider.create(input.staged, file, submission, { signal: AbortSignal.timeout(leftMs) });
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      if (!error.facts.ambiguous) {
        await restoreIntent(attempt);
        throw error;
      }
      await writeIntent(deps, input, { ...intent, overAt: deps.now() });
      throw new TryAgain(
        'the reply to the create was lost: looks before anything is created again',
        job.timing.settleMs,
      );
    }
  });
  const record = await recordHandle(deps, input, { ...handle, fileId: handle.fileId ?? input.staged.fileId }, 0);
  await closeIntent(deps, input);
  return { kind: 'created', handle: record.handle, ordinal: record.ordinal, twins: record.twins, adopted: false };
}
