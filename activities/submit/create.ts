// Creates one provider batch from a planned batch, and never a second one: no create is sent without a search before it.

import { cancellationSignal } from '@temporalio/activity';
import { reactionTo } from '../../domain/batch/backoff.ts';
import type { BatchHandle, Staged } from '../../domain/batch/state.ts';
import type { JobFile } from '../../domain/job.ts';
import { InvariantBroken } from '../../domain/refusal.ts';
import { readJobFile } from '../../job-folder/job-file.ts';
import {
  type HandleRecord,
  type Intent,
  readHandle,
  readIntent,
  recordHandle,
  removeIntent,
  type SubmissionRef,
  writeIntent,
} from '../../job-folder/submission.ts';
import { ProviderError } from '../../providers/error.ts';
import type { Found, Provider, RequestFile, Submission } from '../../providers/provider.ts';
import { type Store, StoreError } from '../../storage/store.ts';
import { type ActivityDeps, requireProvider } from '../deps.ts';
import { awaitEarlierOwners } from '../earlier-owners.ts';
import { TryAgain } from '../failure.ts';
import { describeSubmission } from './describe-submission.ts';
import { withRequestsFile } from './requests-file.ts';

export interface CreateInput extends SubmissionRef {
  readonly staged: Staged;
  /** Creates nothing: only finds what an earlier attempt may have created. */
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
  /** Some batches at the provider may be the one whose reply was lost. They show it when they end. */
  | { readonly kind: 'uncertain'; readonly candidates: number }
  /** Only with `lookOnly`: no batch was created. */
  | { readonly kind: 'none' };

type CreateDeps = Pick<ActivityDeps, 'store' | 'cluster' | 'provider' | 'now' | 'randomHex'>;

/**
 * The protocol: earlier owners, known handle, recorded intent, find, adopt or create.
 *
 * An attempt records its intent before it calls the provider. Any later attempt (a retry, a reset workflow, a job that takes over) reads
 * the intent, waits until the recorded create can no longer land and the provider's lists have settled, and then finds before it creates.
 */
export async function create(deps: CreateDeps, asked: CreateInput): Promise<CreateResult> {
  // Read before any file: a process that is suspended anywhere below must see that it is late.
  const startedAt = deps.now();
  const { store } = deps;
  const job = await readJobFile(store, asked.output);
  await awaitEarlierOwners(deps, job, asked);

  const known = await readHandle(store, asked);
  const recorded = await readIntent(store, asked);
  const input = asked.lookOnly === true ? withLatestOrdinal(asked, known, recorded) : asked;
  if (known !== null && known.ordinal >= input.ordinal) return created(known, true);

  const provider = requireProvider(deps, job);
  const before = recorded?.ordinal === input.ordinal ? recorded : null;
  if (input.lookOnly === true && before === null) return { kind: 'none' };
  if (before !== null) awaitSettled(before, job, startedAt);

  const intent = planIntent(deps, job, provider, input, { startedAt, firstAt: before?.firstAt ?? startedAt });
  await recordIntent(store, input, intent, recorded === null);
  const attempt: CreateAttempt = { deps, job, provider, input, intent, before };
  const described = await describeSubmission(store, provider, job, input, intent.firstAt);
  const submission = { ...described, untried: before === null };

  const found = await findBatch(attempt, submission);
  if (found.confirmed.length > 0) return adopt(attempt, found);
  if (before !== null && found.possible.length > 0) {
    await restoreIntent(attempt);
    return { kind: 'uncertain', candidates: found.possible.length };
  }
  if (input.lookOnly === true) {
    await restoreIntent({ ...attempt, before: null });
    return { kind: 'none' };
  }
  return createNow(attempt, submission);
}

/** One create attempt and the intent it recorded. */
interface CreateAttempt {
  readonly deps: CreateDeps;
  readonly job: JobFile;
  readonly provider: Provider;
  readonly input: CreateInput;
  readonly intent: Intent;
  /** The intent of an earlier attempt that this one replaced: its create may have gone through. */
  readonly before: Intent | null;
}

/** A batch's workflow that was started again knows only the first ordinal: a later one may be at the provider. */
function withLatestOrdinal(asked: CreateInput, known: HandleRecord | null, recorded: Intent | null): CreateInput {
  return { ...asked, ordinal: Math.max(asked.ordinal, recorded?.ordinal ?? 0, known?.ordinal ?? 0) };
}

const created = ({ handle, ordinal, twins }: HandleRecord, adopted: boolean): CreateResult => ({
  kind: 'created',
  handle,
  ordinal,
  twins,
  adopted,
});

/** Never create while an earlier create may still land, or while the provider's lists may not show it yet. */
function awaitSettled(intent: Intent, job: JobFile, now: number): void {
  const waitMs = intent.overAt + job.timing.settleMs - now;
  if (waitMs > 0) {
    throw new TryAgain("an earlier create may have gone through: waiting for the provider's lists to settle", waitMs);
  }
}

/** The attempt has one call's time to find, and one to create: long enough for what the create sends at 1 MB/s. */
function planIntent(
  { randomHex }: CreateDeps,
  { timing }: JobFile,
  { limits }: Provider,
  { ordinal, bytes }: CreateInput,
  { startedAt, firstAt }: { readonly startedAt: number; readonly firstAt: number },
): Intent {
  const sendMs = limits.createSendsItems ? Math.ceil(bytes / 1000) : 0;
  return { ordinal, by: randomHex(8), firstAt, overAt: startedAt + 2 * timing.createCallMs + sendMs };
}

/** Of two attempts that read no intent, only one records its own. The other reads it when it is retried. */
async function recordIntent(store: Store, input: CreateInput, intent: Intent, ifAbsent: boolean): Promise<void> {
  try {
    await writeIntent(store, input, intent, { ifAbsent });
  } catch (error) {
    if (!(error instanceof StoreError) || error.problem !== 'exists') throw error;
    throw new TryAgain('another attempt is already creating this batch', 1000);
  }
}

/** Sends no create: if the search fails, the intent from before is restored. */
async function findBatch(attempt: CreateAttempt, submission: Submission): Promise<Found> {
  const { provider, job, before } = attempt;
  const signal = AbortSignal.any([cancellationSignal(), AbortSignal.timeout(job.timing.createCallMs)]);
  try {
    return await provider.find(submission, { signal });
  } catch (error) {
    await restoreIntent(attempt);
    // A refused search says nothing about an earlier create that may have gone through: search again.
    if (before !== null && isFinal(error)) {
      throw new TryAgain('the provider refused the search for an earlier create', job.timing.settleMs);
    }
    throw error;
  }
}

const isFinal = (error: unknown): boolean =>
  error instanceof ProviderError && reactionTo[error.facts.fault].kind === 'final';

/** Nothing was sent, so the previous intent is restored. An attempt that was superseded leaves the other's intent alone. */
async function restoreIntent(attempt: CreateAttempt): Promise<void> {
  if (await isSuperseded(attempt)) return;
  const { deps, input, before } = attempt;
  if (before === null) {
    await removeIntent(deps.store, input);
  } else {
    await writeIntent(deps.store, input, before);
  }
}

/** Whether another attempt recorded its intent while this one was suspended or slow. */
async function isSuperseded({ deps, input, intent }: CreateAttempt): Promise<boolean> {
  return (await readIntent(deps.store, input))?.by !== intent.by;
}

/** Adopts the oldest match, and cancels the others. */
async function adopt(attempt: CreateAttempt, found: Found): Promise<CreateResult> {
  const [oldest, ...twins] = found.confirmed;
  if (oldest === undefined) throw new InvariantBroken('nothing to adopt');
  for (const twin of twins) await cancelTwin(attempt.provider, twin);
  return created(await recordCreated(attempt, oldest, twins.length), true);
}

/** A twin that the provider refuses to cancel keeps running. It is counted, and must not stop the batch itself. */
async function cancelTwin(provider: Provider, twin: BatchHandle): Promise<void> {
  try {
    await provider.cancel(twin, { signal: cancellationSignal() });
  } catch (error) {
    if (!isFinal(error)) throw error;
  }
}

async function createNow(attempt: CreateAttempt, submission: Submission): Promise<CreateResult> {
  const { deps, input } = attempt;
  const handle = await withRequestsFile(deps.store, input, submission, (file) => sendCreate(attempt, submission, file));
  return created(await recordCreated(attempt, handle, 0), false);
}

async function sendCreate(attempt: CreateAttempt, submission: Submission, file: RequestFile): Promise<BatchHandle> {
  const { deps, job, provider, input, intent } = attempt;
  const superseded = await isSuperseded(attempt);
  const leftMs = intent.overAt - deps.now();
  // This process was suspended on its way here, and another attempt may be searching already.
  if (superseded || leftMs <= 0) throw new TryAgain('this attempt came too late to create', job.timing.settleMs);
  try {
    // Not cancellable: an aborted create may have gone through.
    return await provider.create(input.staged, file, submission, { signal: AbortSignal.timeout(leftMs) });
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    if (!error.facts.ambiguous) {
      await restoreIntent(attempt);
      throw error;
    }
    await writeIntent(deps.store, input, { ...intent, overAt: deps.now() });
    throw new TryAgain('the reply to the create was lost: searching before another create', job.timing.settleMs);
  }
}

/** The handle first: a crash between the two leaves an intent that the handle makes meaningless. */
async function recordCreated(
  { deps, input }: CreateAttempt,
  handle: BatchHandle,
  twins: number,
): Promise<HandleRecord> {
  const withFile = { ...handle, fileId: handle.fileId ?? input.staged.fileId };
  const record = await recordHandle(deps.store, input, withFile, twins);
  await removeIntent(deps.store, input);
  return record;
}
