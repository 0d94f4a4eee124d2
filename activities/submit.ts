// Makes a provider's batch out of a planned one, never two: stage the file, then look, and only then create.

import { cancellationSignal } from '@temporalio/activity';
import type { BatchHandle, Staged } from '../domain/batch-state.ts';
import type { JobFile } from '../domain/job.ts';
import type { Tally } from '../domain/outcome.ts';
import { ProviderError } from '../providers/error.ts';
import type { Found, Provider, RequestFile, Submission } from '../providers/provider.ts';
import { requestsFile, tallyFile } from '../storage/keys.ts';
import type { ActivityDeps } from './deps.ts';
import { TryAgain } from './failure.ts';
import { providerOf, readJobFile } from './job-file.ts';
import { readOwnIfThere } from './own-file.ts';
import { InvariantBroken } from './refusal.ts';
import {
  closeIntent,
  type Intent,
  readHandle,
  readIntent,
  recordHandle,
  type SubmissionRef,
  submissionOf,
  writeIntent,
} from './submission.ts';
import { heartbeating } from './transfer.ts';

export type StageResult =
  | { readonly kind: 'answered'; readonly tally: Tally }
  | { readonly kind: 'staged'; readonly staged: Staged };

/** Puts the requests where the provider wants them. May be repeated: a second upload is only a file too many. */
export async function stage(deps: ActivityDeps, input: SubmissionRef): Promise<StageResult> {
  // A batch that was started again after its answers were in.
  const tally = await readOwnIfThere<Tally>(deps.store, tallyFile(input));
  if (tally !== null) return { kind: 'answered', tally };
  const job = await readJobFile(deps, input.output);
  const known = await readHandle(deps, input);
  if (known !== null && known.ordinal >= input.ordinal)
    return { kind: 'staged', staged: { fileId: known.handle.fileId } };
  const submission = await submissionOf(deps, job, input, null);
  const provider = providerOf(deps, job);
  const staged = await withRequests(deps, input, submission, (file) =>
    heartbeating(job.timing, (ctx) => provider.stage(file, submission, ctx)),
  );
  return { kind: 'staged', staged };
}

export interface CreateInput extends SubmissionRef {
  readonly staged: Staged;
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
  | { readonly kind: 'uncertain'; readonly candidates: number };

/**
 * No create without a look before it. An attempt first writes down that it is about to create; whoever comes next (another attempt,
 * a reset, a job that takes over) finds that note, lets the provider's lists settle, and looks.
 */
export async function create(deps: ActivityDeps, input: CreateInput): Promise<CreateResult> {
  const known = await readHandle(deps, input);
  if (known !== null && known.ordinal >= input.ordinal) {
    return { kind: 'created', handle: known.handle, ordinal: known.ordinal, twins: known.twins, adopted: true };
  }
  const job = await readJobFile(deps, input.output);
  const provider = providerOf(deps, job);
  const intent = await openIntent(deps, input);
  if (intent !== null) awaitSettled(deps, job, input, intent);
  const submission = await submissionOf(deps, job, input, intent);
  const found = await provider.find(submission, {
    signal: AbortSignal.any([cancellationSignal(), AbortSignal.timeout(job.timing.createCallMs)]),
  });
  if (found.confirmed.length > 0) return adopt(deps, provider, input, found);
  if (intent !== null && found.possible.length > 0) return { kind: 'uncertain', candidates: found.possible.length };
  return createNow(deps, job, provider, input, submission, intent);
}

async function openIntent(deps: ActivityDeps, input: SubmissionRef): Promise<Intent | null> {
  const intent = await readIntent(deps, input);
  return intent !== null && intent.ordinal === input.ordinal ? intent : null;
}

/** The longest a create's own call may take: long enough for what it sends at 1 MB/s. */
function createCallMs(job: Pick<JobFile, 'timing'>, sendsItems: boolean, bytes: number): number {
  return job.timing.createCallMs + (sendsItems ? Math.ceil(bytes / 1000) : 0);
}

function awaitSettled(deps: ActivityDeps, job: JobFile, input: CreateInput, intent: Intent): void {
  const provider = providerOf(deps, job);
  const over = intent.lostAt ?? intent.at + createCallMs(job, provider.limits.createSendsItems, input.bytes);
  const waitMs = over + job.timing.settleMs - deps.now();
  if (waitMs > 0)
    throw new TryAgain('an earlier create may have gone through: looks once the lists have settled', waitMs);
}

async function adopt(deps: ActivityDeps, provider: Provider, input: CreateInput, found: Found): Promise<CreateResult> {
  const [oldest, ...twins] = found.confirmed;
  if (oldest === undefined) throw new InvariantBroken('nothing to adopt');
  for (const twin of twins) await provider.cancel(twin, { signal: cancellationSignal() });
  const record = await recordHandle(
    deps,
    input,
    { ...oldest, fileId: oldest.fileId ?? input.staged.fileId },
    twins.length,
  );
  await closeIntent(deps, input);
  return { kind: 'created', handle: record.handle, ordinal: record.ordinal, twins: record.twins, adopted: true };
}

async function createNow(
  deps: ActivityDeps,
  job: JobFile,
  provider: Provider,
  input: CreateInput,
  submission: Submission,
  before: Intent | null,
): Promise<CreateResult> {
  const callMs = createCallMs(job, provider.limits.createSendsItems, input.bytes);
  const intent: Intent = {
    ordinal: input.ordinal,
    firstAt: before?.firstAt ?? deps.now(),
    at: deps.now(),
    lostAt: null,
  };
  await writeIntent(deps, input, intent);
  const handle = await withRequests(deps, input, submission, async (file) => {
    // A process that was stopped between the note and here must not create any more: another attempt may be looking by now.
    const leftMs = intent.at + callMs - deps.now();
    if (leftMs <= 0) throw new TryAgain('the create came too late', job.timing.settleMs);
    try {
      return await provider.create(input.staged, file, submission, { signal: AbortSignal.timeout(leftMs) });
    } catch (error) {
      if (error instanceof ProviderError && !error.facts.ambiguous) await closeIntent(deps, input);
      if (!(error instanceof ProviderError) || !error.facts.ambiguous) throw error;
      await writeIntent(deps, input, { ...intent, lostAt: deps.now() });
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

async function withRequests<T>(
  deps: ActivityDeps,
  input: SubmissionRef,
  submission: Submission,
  use: (file: RequestFile) => Promise<T>,
): Promise<T> {
  const uri = requestsFile(input);
  const stored = await deps.store.head(uri);
  if (stored?.bytes !== input.bytes) {
    throw new InvariantBroken(`${uri}: ${input.bytes} bytes were planned, there are ${stored?.bytes ?? 0}`);
  }
  const local = await deps.store.localFile(uri);
  try {
    return await use({ path: local.path, name: `${submission.key}.jsonl`, bytes: input.bytes, items: input.items });
  } finally {
    await local.done();
  }
}
