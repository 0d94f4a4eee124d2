// What became of a batch: Temporal says it while its workflow is known there, and afterwards the mark that was made of its end.

import { WorkflowNotFoundError } from '@temporalio/client';
import { type Counts, type ItemReason, sumCounts } from '../../../domain/outcome/outcome.ts';
import type { JobPhase, JobStatus } from '../../../domain/progress/status.ts';
import type { JobReport } from '../../../domain/report/report.ts';
import { cursorLineBytesMax, lineChunks } from '../../../storage/lines/json-lines.ts';
import { StoreError } from '../../../storage/store.ts';
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
  describeNew,
} from './record.ts';
import { readIfPresent, writeOnce } from './write-once.ts';

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
  const ended = await readIfPresent<BatchState>(store, places.mark(tenant, uuid, 'ended'));
  if (ended !== null) return { state: ended, isStarted: true };
  const cancel = await readIfPresent<{ at: number }>(store, places.mark(tenant, uuid, 'cancel'));
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
  const end = await readEnd(parts, record, { state, job });
  await writeOnce(store, places.mark(tenant, uuid, 'ended'), end);
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
        : countItems(record, status.items),
  };
}

/** No worker may be there now. */
const askStatus = (asked: Promise<JobStatus>): Promise<JobStatus | null> => asked.catch(() => null);

const countItems = ({ total }: BatchRecord, { answered, failed, byReason }: JobStatus['items']): BatchCounts =>
  countEnds(total, { answered, failed, reasons: byReason });

interface Ended {
  readonly state: BatchState;
  /** Null if Temporal has forgotten it. */
  readonly job: ListedJob | null;
}

async function readEnd(parts: BatchParts, record: BatchRecord, { state, job }: Ended): Promise<BatchState> {
  const { store, places } = parts;
  const output = places.output(record.tenant, record.uuid);
  const report = await readIfPresent<JobReport>(store, `${output}${fileNames.report}`);
  const endedAt = Date.parse(job?.endedAt ?? report?.endedAt ?? '') || parts.now();
  if (report === null) {
    const isCancelled = job?.state === 'cancelled';
    const problems = isCancelled ? [] : await readProblems(parts, record, job);
    return { ...state, status: isCancelled ? 'cancelled' : 'failed', problems, endedAt };
  }
  const { answered, failed } = report.rows;
  const counts = countEnds(record.total, { answered, failed, reasons: report.errorsByReason });
  const status = report.cancelled ? 'cancelled' : counts.expired > 0 ? 'expired' : 'completed';
  return { ...state, status, counts, usage: report.tokens, endedAt, results: `${output}${fileNames.results}` };
}

/** The model has answered: a front passes the answer on. */
const flawed: readonly ItemReason[] = ['truncated', 'refused', 'filtered', 'paused_turn', 'empty_output'];
const timeIsOver: readonly ItemReason[] = ['deadline', 'expired', 'capacity'];

export const isOverTime = (reason: ItemReason): boolean => timeIsOver.includes(reason);

function countEnds(
  total: number,
  { answered, failed, reasons }: { readonly answered: number; readonly failed: number; readonly reasons: Counts },
): BatchCounts {
  const flawedAnswers = sumOf(reasons, flawed);
  return {
    total,
    answered: answered + flawedAnswers,
    failed: Math.max(0, failed - flawedAnswers),
    cancelled: reasons.cancelled ?? 0,
    expired: sumOf(reasons, timeIsOver),
  };
}

const sumOf = (counts: Counts, reasons: readonly ItemReason[]): number =>
  sumCounts(Object.fromEntries(reasons.map((reason) => [reason, counts[reason] ?? 0])));

const problemsMax = 100;

/** The lines that the job refused or, if it did not come to them, why it failed. */
async function readProblems(parts: BatchParts, record: BatchRecord, job: ListedJob | null): Promise<BatchProblem[]> {
  const { store, places, jobs } = parts;
  const problems: BatchProblem[] = [];
  try {
    const refused = store.read(`${places.output(record.tenant, record.uuid)}${fileNames.rejects}`);
    for await (const lines of lineChunks(refused, { lineBytesMax: cursorLineBytesMax })) {
      for (const { bytes } of lines) {
        if (bytes === null || bytes.length === 0 || problems.length >= problemsMax) continue;
        const { line, reason, message } = JSON.parse(bytes.toString());
        problems.push({ code: reason, message, param: null, line });
      }
    }
  } catch (error) {
    if (!(error instanceof StoreError) || error.problem !== 'missing') throw error;
  }
  if (problems.length > 0) return problems;
  const overview = job === null ? null : await jobs.overview(job.id, { waitMs: answerMs });
  const message = overview?.error ?? 'The batch has ended without results.';
  return [{ code: 'job_failed', message, param: null, line: null }];
}
