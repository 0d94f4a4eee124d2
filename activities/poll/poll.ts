// Polls an open batch at its provider, or asks the provider to cancel it: one short call each. The waits between polls are durable timers
// of the workflow.

import { cancellationSignal } from '@temporalio/activity';
import type { EndedBatch } from '../../domain/batch/evidence.ts';
import {
  type BatchError,
  type BatchHandle,
  type BatchPhase,
  type BatchView,
  blamedLines,
  chooseUnrunAction,
  findNamedLimit,
  isRefusedUnrun,
  tenthsDone,
  type UnrunAction,
} from '../../domain/batch/state.ts';
import type { NamedLimit } from '../../domain/capacity/window.ts';
import type { BatchRef, JobRef } from '../../domain/ids.ts';
import type { JobFile } from '../../domain/job.ts';
import type { BatchNews, BatchState } from '../../domain/progress/events.ts';
import { readEvidence, recordEvidence } from '../../job-folder/evidence.ts';
import { readJobFile } from '../../job-folder/job-file.ts';
import { readHandle } from '../../job-folder/submission.ts';
import { ProviderError } from '../../providers/error.ts';
import type { Provider } from '../../providers/provider.ts';
import type { Store } from '../../storage/store.ts';
import { type Clock, startClock } from '../clock.ts';
import { type ActivityDeps, requireProvider } from '../deps.ts';
import { type AccountBlame, requireOwnAccount } from '../other-account.ts';

export interface PollInput extends BatchRef, JobRef, AccountBlame {
  readonly handle: BatchHandle;
  /** The workflow to notify of progress; null if none is to be notified. */
  readonly coordinator: string | null;
  /** The last tenth that it was notified of. */
  readonly toldTenths: number;
  /** The last phase that it was notified of; null before the first. */
  readonly toldPhase: BatchPhase | null;
  /** Whether it was notified that the provider does not find the batch. Absent in a workflow of an earlier version. */
  readonly toldMissing?: boolean;
  /** It is notified once for this many tenths. */
  readonly tellEvery: number;
}

export interface PollResult {
  readonly phase: BatchPhase;
  readonly status: string;
  readonly tenths: number;
  /** The provider's own; null if it shows none. */
  readonly counts?: BatchView['counts'];
  /** Null while the batch is open. */
  readonly ended: EndedBatch | null;
  /** What is to be done if it ran nothing. */
  readonly action: UnrunAction;
  /** The limit that it did not fit within, if the provider named one. */
  readonly named: NamedLimit | null;
  /** Further batches of the same submission, as they are on disk: an attempt to create it that was late may have made one. */
  readonly twins: readonly BatchHandle[];
}

const callMs = 30_000;

type PollDeps = Pick<ActivityDeps, 'store' | 'provider' | 'cluster' | 'now' | 'elapsed'>;

export async function poll(deps: PollDeps, input: PollInput): Promise<PollResult> {
  const clock = startClock(deps);
  const job = await readJobFile(deps.store, input);
  const view = await askProvider(deps, requireProvider(deps, job), input, clock);
  const tenths = tenthsDone(view);
  const { phase } = view;
  if (phase !== 'ended' && isNews(input, phase, tenths)) await notifyCoordinator(deps, input, phase, view.counts);
  const end = toEnded(view);
  const ended = end === null ? null : await recordEnd(deps.store, job, input, { end, errors: view.errors, clock });
  if (ended !== null) await notifyOfEnd(deps, input, ended, view.errors);
  return {
    phase,
    status: view.status,
    tenths,
    counts: view.counts,
    ended,
    action: chooseUnrunAction(view.errors),
    named: findNamedLimit(view.errors),
    twins: await readTwins(deps.store, input),
  };
}

async function askProvider(deps: PollDeps, provider: Provider, input: PollInput, clock: Clock): Promise<BatchView> {
  const { handle, output, mayBlameAccount, toldPhase } = input;
  try {
    return await provider.poll(handle, { signal: shortCallSignal() });
  } catch (error) {
    const isMissing = error instanceof ProviderError && error.facts.fault === 'not_found';
    if (!isMissing) throw error;
    if (mayBlameAccount) {
      await requireOwnAccount(deps.store, provider, { output, id: handle.id, fileId: handle.fileId });
    }
    const phase = toldPhase === null || toldPhase === 'ended' ? 'running' : toldPhase;
    if (input.toldMissing === false) {
      await notifyCoordinator(deps, input, phase, null, { missingSince: clock.now() });
    }
    throw error;
  }
}

async function readTwins(store: Store, ref: PollInput): Promise<readonly BatchHandle[]> {
  const record = await readHandle(store, ref);
  return record?.handle.id === ref.handle.id ? (record.twinHandles ?? []) : [];
}

function toEnded({ phase, ending, status, counts, outputs, endedAt, errors }: BatchView): EndedBatch | null {
  if (phase !== 'ended' || ending === null) return null;
  const blamed = blamedLines(errors);
  return {
    ending,
    status,
    counts,
    outputs,
    endedAt,
    refusedUnrun: isRefusedUnrun(errors),
    blamed: blamed === 'all' ? 'all' : [...blamed],
  };
}

/** On disk before the workflow acts on it. The time of the first poll that saw the end stays. */
async function recordEnd(
  store: Store,
  { timing }: JobFile,
  input: PollInput,
  { end, errors, clock }: { readonly end: EndedBatch; readonly errors: readonly BatchError[]; readonly clock: Clock },
): Promise<EndedBatch> {
  const { id } = input.handle;
  const now = clock.now();
  const seenAt = (await readEvidence(store, input))[id]?.endedSeenAt ?? now;
  const ended: EndedBatch = now - seenAt >= timing.readAgainMs ? { ...end, seenAgain: true } : end;
  const details = errors.flatMap(({ line, detail }) => (detail === undefined ? [] : [{ line, detail }]));
  const messages = details.length === 0 ? {} : { details };
  await recordEvidence(store, input, id, { ended, endedSeenAt: seenAt, ...messages });
  return ended;
}

/**
 * The coordinator learns from the batch's workflow that the batch is settled, which may be hours after its end. It is notified of the end itself if it
 * knows of no phase yet, and if the provider failed the batch for a reason that does not prove that nothing ran.
 */
async function notifyOfEnd(
  deps: PollDeps,
  input: PollInput,
  { ending, counts }: EndedBatch,
  errors: readonly BatchError[],
): Promise<void> {
  const isUnclear = ending === 'failed' && !isRefusedUnrun(errors);
  const isFirst = input.toldPhase === null;
  // A batch that is made again shows that it waits.
  if (input.toldPhase === 'ended' || chooseUnrunAction(errors) !== 'give_back' || !(isFirst || isUnclear)) return;
  await notifyCoordinator(deps, input, 'collecting', counts, isUnclear ? { fault: 'batch_failed' } : {});
}

/** The batch does not end here: the provider still ends it, and what it had finished is then collected. */
export async function cancelBatch(
  deps: Pick<ActivityDeps, 'store' | 'provider'>,
  input: JobRef & Pick<PollInput, 'handle'>,
): Promise<void> {
  const job = await readJobFile(deps.store, input);
  await requireProvider(deps, job).cancel(input.handle, { signal: shortCallSignal() });
}

const shortCallSignal = (): AbortSignal => AbortSignal.any([cancellationSignal(), AbortSignal.timeout(callMs)]);

/** Each phase once, and each step of tenths once. */
function isNews({ toldPhase, toldTenths, tellEvery }: PollInput, phase: BatchPhase, tenths: number): boolean {
  return phase !== toldPhase || Math.floor(tenths / tellEvery) > Math.floor(toldTenths / tellEvery);
}

/** From the activity and not from the workflow, so that it adds nothing to the batch's history. */
async function notifyCoordinator(
  { cluster }: Pick<ActivityDeps, 'cluster'>,
  { coordinator, wave, batch, handle }: PollInput,
  stage: BatchState,
  counts: BatchView['counts'],
  more: Pick<BatchNews, 'missingSince' | 'fault'> = {},
): Promise<void> {
  if (coordinator === null) return;
  await cluster.notify(coordinator, {
    wave,
    batch,
    stage,
    batchId: handle.id,
    done: counts?.done ?? 0,
    failed: counts?.failed ?? 0,
    createdAt: handle.createdAt,
    ...more,
  });
}
