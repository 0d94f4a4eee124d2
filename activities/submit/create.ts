// Creates one provider batch from a planned batch, and never a second one: no create is sent without a search before it, nor while an earlier
// create may still land.

import { cancellationSignal } from '@temporalio/activity';
import type { Fault } from '../../domain/batch/backoff.ts';
import type { BatchHandle, Staged } from '../../domain/batch/state.ts';
import type { NamedLimit } from '../../domain/capacity/window.ts';
import type { JobFile } from '../../domain/job.ts';
import { JobRefused } from '../../domain/refusal.ts';
import { readJobFile, requireClaim } from '../../job-folder/job-file.ts';
import { requestsFile } from '../../job-folder/paths.ts';
import {
  type Intent,
  readGivenUp,
  readIntent,
  removeIntent,
  type SubmissionRef,
  writeIntent,
} from '../../job-folder/submission.ts';
import { ProviderError } from '../../providers/error.ts';
import { type Provider, provesAbsence, type RequestFile, type Submission } from '../../providers/provider.ts';
import { type Store, StoreError } from '../../storage/store.ts';
import { type Clock, startClock } from '../clock.ts';
import { type ActivityDeps, markOwnAccount, requireProvider } from '../deps.ts';
import { awaitEarlierOwners } from '../earlier-owners.ts';
import { type AccountBlame, isProvenAccount, wrongAccount } from '../other-account.ts';
import { adopt, type Created, keepKnown, readKnown, recordCreated, toCreated } from './adopt.ts';
import { describeSubmission } from './describe-submission.ts';
import { searchLate } from './late-create.ts';
import { withRequestsFile } from './requests-file.ts';

export interface CreateInput extends SubmissionRef, AccountBlame {
  readonly staged: Staged;
}

/** A refusal after which nothing was created. */
export type RefusedCreate = Extract<Fault, 'capacity' | 'refused' | 'too_large' | 'not_found'>;

export type CreateResult =
  | Created
  /** A create may have taken effect, this one or an earlier one. From `overAt` on it can no longer reach the provider. */
  | { readonly kind: 'unknown'; readonly overAt: number }
  /** With the limit that the batch did not fit into, if the provider named one. */
  | { readonly kind: 'refused'; readonly fault: RefusedCreate; readonly named?: NamedLimit };

type CreateDeps = Pick<
  ActivityDeps,
  'store' | 'cluster' | 'provider' | 'markAccount' | 'now' | 'elapsed' | 'randomHex'
>;

/**
 * The protocol: earlier owners, known handle, recorded intent, find, intent, handle again, create.
 *
 * An attempt records its intent before it sends the create, and removes it when it knows what came of it. So an intent that is there belongs
 * to an attempt that may have created a batch: the batch's workflow then searches for it, and this activity creates nothing.
 *
 * The handle of a batch that was made is written to `records`, even if the output was taken over since: the new owner must know of it.
 */
export async function create(deps: CreateDeps, input: CreateInput, records: Store = deps.store): Promise<CreateResult> {
  // Read before any file: a process that is suspended anywhere below must notice that it is late.
  const clock = startClock(deps);
  const { store } = deps;
  const job = await readJobFile(store, input);
  await awaitEarlierOwners(deps, job, input);
  const known = await readKnown(store, input);
  if (known !== null) return keepKnown(store, input, known);
  const recorded = await readIntent(store, input);
  if (recorded !== null) return { kind: 'unknown', overAt: recorded.overAt };

  const provider = requireProvider(deps, job);
  const givenUp = await readGivenUp(store, input);
  const firstAt = givenUp?.firstAt ?? clock.startedAt;
  const fileId = givenUp?.fileId ?? input.staged.fileId;
  const described = describeSubmission(store, job, input, { firstAt, sentBy: givenUp?.sentBy, fileId });
  const submission = { ...described, untried: givenUp === null };
  const signal = AbortSignal.any([cancellationSignal(), AbortSignal.timeout(job.timing.createCallMs)]);
  const found = await provider.find(submission, { signal });
  if (givenUp !== null && provesAbsence(found)) await blameAccount(deps, provider, input, fileId);
  const accountMark = markOwnAccount(deps, job);
  const intent = planIntent(deps, job, provider, input, { firstAt, startedAt: clock.startedAt, accountMark });
  const earlier = await recordIntent(deps, input, intent);
  if (earlier !== null) return { kind: 'unknown', overAt: earlier.overAt };
  // Since the search above, another attempt may have created the batch, recorded it and removed its intent.
  const since = await readKnown(store, input);
  if (since !== null) {
    await removeIntent(store, input);
    return toCreated(since);
  }
  if (found.confirmed.length > 0) return adopt(deps, input, intent, found.confirmed);
  // The create that was given up may have made a batch all the same: its workflow waits until the vendor shows more.
  if (givenUp !== null && !provesAbsence(found)) return { kind: 'unknown', overAt: clock.now() };
  return createNow({ deps, records, clock, job, provider, input, intent }, submission);
}

/** With a key of another account, nothing is found, and a file that was uploaded does not exist. */
async function blameAccount(
  { store }: CreateDeps,
  provider: Provider,
  { output, mayBlameAccount }: CreateInput,
  fileId: string | null,
): Promise<void> {
  if (mayBlameAccount && !(await isProvenAccount(store, provider, { output, fileId }))) throw wrongAccount(provider);
}

type CreateIntent = Intent & Required<Pick<Intent, 'accountMark'>>;

/** One create attempt and the intent it recorded. */
interface CreateAttempt {
  readonly deps: CreateDeps;
  readonly records: Store;
  readonly clock: Clock;
  readonly job: JobFile;
  readonly provider: Provider;
  readonly input: CreateInput;
  readonly intent: CreateIntent;
}

/** The attempt may use one call's time to find, and one to create: long enough for the create's bytes at 1 MB/s. */
function planIntent(
  { randomHex }: CreateDeps,
  { timing }: JobFile,
  { limits }: Provider,
  { ordinal, bytes, staged: { fileId } }: CreateInput,
  { firstAt, startedAt, accountMark }: Required<Pick<Intent, 'firstAt' | 'startedAt' | 'accountMark'>>,
): CreateIntent {
  const sendMs = limits.createSendsItems ? Math.ceil(bytes / 1000) : 0;
  const overAt = startedAt + 2 * timing.createCallMs + sendMs;
  return { ordinal, by: randomHex(8), firstAt, startedAt, overAt, fileId, accountMark };
}

/** Null if the intent is recorded; otherwise the other attempt's intent. */
async function recordIntent({ store }: CreateDeps, input: CreateInput, intent: Intent): Promise<Intent | null> {
  try {
    await writeIntent(store, input, intent, { ifAbsent: true });
    return null;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    // On a shared folder, another worker's file may not be visible yet: that attempt has about the same time.
    if (error.problem === 'exists') return (await readIntent(store, input)) ?? intent;
    // The file may have appeared before the disk failed. Nothing was sent, so the next attempt must not take it for a create.
    if ((await readIntent(store, input))?.by === intent.by) await removeIntent(store, input);
    throw error;
  }
}

async function createNow(attempt: CreateAttempt, submission: Submission): Promise<CreateResult> {
  const { deps, records, input } = attempt;
  const sent = await withRequestsFile(deps.store, input, submission, (file) => sendCreate(attempt, submission, file));
  if (sent.kind !== 'handle') return sent;
  return toCreated(await recordCreated({ store: records }, input, attempt.intent, sent.handle, []));
}

type Sent = Exclude<CreateResult, Created> | { readonly kind: 'handle'; readonly handle: BatchHandle };

async function sendCreate(attempt: CreateAttempt, submission: Submission, file: RequestFile): Promise<Sent> {
  const { deps, clock, provider, input, intent } = attempt;
  const leftMs = clock.leftUntil(intent.overAt);
  // This process was suspended before this point, and another attempt may already be searching.
  if (leftMs <= 0 || (await isSuperseded(attempt))) return { kind: 'unknown', overAt: intent.overAt };
  await requireOwnOutput(attempt);
  try {
    // Not cancellable: an aborted create may have gone through.
    return {
      kind: 'handle',
      handle: await provider.create(input.staged, file, submission, { signal: AbortSignal.timeout(leftMs) }),
    };
  } catch (error) {
    if (!(error instanceof ProviderError || isUnread(error, input))) throw error;
    if (error instanceof ProviderError && error.facts.ambiguous) return keepOpen(attempt, submission);
    if (!(await isSuperseded(attempt))) await removeIntent(deps.store, input);
    if (!(error instanceof ProviderError)) throw error;
    const { fault, limit: named } = error.facts;
    // The file may have expired, or be shown late: then it is uploaded again. So only other batches can tell that the account is the wrong one.
    if (fault === 'not_ready' || fault === 'not_found') await blameAccount(deps, provider, input, null);
    if (isRefused(fault)) return { kind: 'refused', fault, ...(named == null ? {} : { named }) };
    throw error;
  }
}

/** The store did not give the requests, which a provider asks for before it sends anything. */
const isUnread = (error: unknown, input: CreateInput): boolean =>
  error instanceof StoreError && error.uri === requestsFile(input);

/** The create may have taken effect. If this attempt was late and another has replaced it, nobody else searches for its batch. */
async function keepOpen(attempt: CreateAttempt, submission: Submission): Promise<Sent> {
  const { deps, clock, input, intent } = attempt;
  const overAt = clock.now();
  if (await isSuperseded(attempt)) await searchLate(attempt, submission);
  else await writeIntent(deps.store, input, { ...intent, overAt });
  return { kind: 'unknown', overAt };
}

/** Withdraws the intent if the output was taken over: nothing was sent, and the new owner must not search for it. */
async function requireOwnOutput({ deps, records, input }: CreateAttempt): Promise<void> {
  try {
    await requireClaim(deps.store, input);
  } catch (error) {
    if (error instanceof JobRefused) await removeIntent(records, input);
    throw error;
  }
}

/** Whether another attempt recorded its intent while this one was suspended or slow. */
async function isSuperseded({ deps, input, intent }: CreateAttempt): Promise<boolean> {
  return (await readIntent(deps.store, input))?.by !== intent.by;
}

const refusals: ReadonlySet<Fault> = new Set<RefusedCreate>(['capacity', 'refused', 'too_large', 'not_found']);
const isRefused = (fault: Fault): fault is RefusedCreate => refusals.has(fault);
