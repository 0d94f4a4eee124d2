// What became of a batch: Temporal says it while its workflow is known there, and afterwards the mark that was made of its end.

import { WorkflowNotFoundError } from '@temporalio/client';
import { type Counts, type ItemReason, sumCounts } from '../../../domain/outcome/outcome.ts';
import type { JobPhase, JobStatus } from '../../../domain/progress/status.ts';
import type { JobReport } from '../../../domain/report/report.ts';
import { createOrRead, readOwnIfThere } from '../../../job-folder/job-file.ts';
import type { ListedJob } from '../../job-list.ts';
import { fileNames } from '../../results.ts';
import { nameJob } from './places.ts';
import type { BatchParts } from './prepare.ts';
import {
  type BatchCounts,
  type BatchProblem,
  type BatchRecord,
  type BatchState,
  type BatchStatus,
  describeAllRefused,
  describeNew,
} from './record.ts';
import { countRefused } from './refused-requests.ts';

export interface ReadState {
  readonly state: BatchState;
  /** False if there is no workflow, and nothing shows that there was one: it is to be prepared. */
  readonly isStarted: boolean;
}

interface Wanted {
  /** Asks a worker too, whose counts are exact. Otherwise they are rounded down to a twentieth. */
  readonly exact: boolean;
}

/** A worker that is busy answers later than a caller waits. */
const answerMs = 2000;

const phases: Partial<Record<JobPhase, BatchStatus>> = {
  opening: 'accepted',
  planning: 'accepted',
  merging: 'finishing',
};

export async function readState(parts: BatchParts, record: BatchRecord, { exact }: Wanted): Promise<ReadState> {
  const { store, places } = parts;
  const { tenant, uuid, problems } = record;
  if (problems.length > 0) return { state: describeNew(record), isStarted: true };
  const ended = await readOwnIfThere<BatchState>(store, places.mark(tenant, uuid, 'ended'));
  if (ended !== null) return { state: ended, isStarted: true };
  const cancel = await readOwnIfThere<{ at: number }>(store, places.mark(tenant, uuid, 'cancel'));
  const state = { ...describeNew(record), cancelAskedAt: cancel?.at ?? null };
  const job = await describeJob(parts, record);
  if (job?.state === 'running') {
    return { state: await readRunning(parts, record, { state, job, exact }), isStarted: true };
  }
  const output = places.output(tenant, uuid);
  const isKnown =
    job !== null ||
    (await store.head(places.mark(tenant, uuid, 'started'))) !== null ||
    (await store.head(`${output}job.json`)) !== null;
  if (!isKnown) {
    const status = state.cancelAskedAt === null ? 'accepted' : 'cancelling';
    return { state: { ...state, status }, isStarted: false };
  }
  const { end, isFinal } = await readEnd(parts, record, { state, job });
  if (isFinal) await createOrRead(store, places.mark(tenant, uuid, 'ended'), end);
  return { state: end, isStarted: true };
}

/** Null if Temporal does not have it: it was not started, or it ended long ago. */
async function describeJob({ jobs }: BatchParts, { tenant, uuid }: BatchRecord): Promise<ListedJob | null> {
  try {
    return await jobs.describe(nameJob(tenant, uuid));
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

interface Running extends Wanted {
  readonly state: BatchState;
  readonly job: ListedJob;
}

async function readRunning(
  { jobs }: BatchParts,
  record: BatchRecord,
  { state, job, exact }: Running,
): Promise<BatchState> {
  const status = exact ? await askStatus(jobs.status(nameJob(record.tenant, record.uuid), { waitMs: answerMs })) : null;
  const phase = status?.phase ?? job.phase;
  const isCancelling = state.cancelAskedAt !== null || phase === 'cancelling';
  return {
    ...state,
    status: isCancelling ? 'cancelling' : (phases[phase as JobPhase] ?? 'running'),
    counts:
      status === null
        ? { ...state.counts, answered: Math.floor((job.progress ?? 0) * record.total) }
        : countItems(record, status),
  };
}

/** No worker may be there now. */
const askStatus = (asked: Promise<JobStatus>): Promise<JobStatus | null> => asked.catch(() => null);

const countItems = ({ total }: BatchRecord, { items, rows }: Pick<JobStatus, 'items' | 'rows'>): BatchCounts =>
  countEnds(total, { ...items, refused: rows.refused, reasons: items.byReason });

interface Ended {
  readonly state: BatchState;
  /** Null if Temporal has forgotten it. */
  readonly job: ListedJob | null;
}

interface ReadEnd {
  readonly end: BatchState;
  /** False if an operator may still reset the job. */
  readonly isFinal: boolean;
}

async function readEnd(parts: BatchParts, record: BatchRecord, { state, job }: Ended): Promise<ReadEnd> {
  const { store, places } = parts;
  const output = places.output(record.tenant, record.uuid);
  const report = await readOwnIfThere<JobReport>(store, `${output}${fileNames.report}`);
  const endedAt = Date.parse(job?.endedAt ?? report?.endedAt ?? '') || parts.now();
  if (report === null) {
    if (job?.state === 'cancelled') return { end: { ...state, status: 'cancelled', endedAt }, isFinal: true };
    // A job that refuses all its rows has no report.
    if ((await countRefused(store, output)) === record.total) {
      return { end: { ...describeAllRefused(record), cancelAskedAt: state.cancelAskedAt, endedAt }, isFinal: true };
    }
    const problems = [await explainFailure(parts, job)];
    return { end: { ...state, status: 'failed', problems, endedAt }, isFinal: job === null };
  }
  const { answered, failed, refused } = report.rows;
  const counts = countEnds(record.total, { answered, failed, refused, reasons: report.errorsByReason });
  const status = report.cancelled ? 'cancelled' : counts.expired > 0 ? 'expired' : 'completed';
  const results = `${output}${fileNames.results}`;
  return { end: { ...state, status, counts, usage: report.tokens, endedAt, results }, isFinal: true };
}

/** The model has answered: a front passes the answer on. */
const flawed: readonly ItemReason[] = ['truncated', 'refused', 'filtered', 'paused_turn', 'empty_output'];
const timeIsOver: readonly ItemReason[] = ['deadline', 'expired', 'capacity'];

export const isOverTime = (reason: ItemReason): boolean => timeIsOver.includes(reason);

interface Ends extends Pick<BatchCounts, 'answered' | 'failed' | 'refused'> {
  readonly reasons: Counts;
}

function countEnds(total: number, { answered, failed, refused, reasons }: Ends): BatchCounts {
  const flawedAnswers = sumOf(reasons, flawed);
  return {
    total,
    answered: answered + flawedAnswers,
    failed: Math.max(0, failed - flawedAnswers) + refused,
    cancelled: reasons.cancelled ?? 0,
    expired: sumOf(reasons, timeIsOver),
    refused,
  };
}

const sumOf = (counts: Counts, reasons: readonly ItemReason[]): number =>
  sumCounts(Object.fromEntries(reasons.map((reason) => [reason, counts[reason] ?? 0])));

async function explainFailure({ jobs }: BatchParts, job: ListedJob | null): Promise<BatchProblem> {
  const overview = job === null ? null : await jobs.overview(job.id, { waitMs: answerMs });
  const message = overview?.error ?? 'The batch has ended without results.';
  return { code: 'job_failed', message, param: null, line: null };
}
