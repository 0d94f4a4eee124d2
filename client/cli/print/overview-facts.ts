// Turns what is known of one job into text: how it ended or what it is doing, and what to do next.

import { formatDuration } from '../../../domain/duration.ts';
import type { JobStatus } from '../../../domain/progress/status.ts';
import type { CollectedBatch } from '../../overview/collecting.ts';
import type { JobOverview } from '../../overview/read-overview.ts';
import { failingTaskAdvice } from '../failures.ts';
import { ownCommand, shellWord, startWorkerCommand } from '../own-command.ts';
import { describeState, formatBytes, formatMinute, number, progressFacts, usd } from '../print-job.ts';
import { suggestRows } from './rows-words.ts';
import type { Row } from './table.ts';

export function overviewFacts(job: JobOverview, now: number): Row {
  const isRunning = job.state === 'running';
  const { provider, model, silence } = job;
  return {
    id: job.id,
    state: describeState(job),
    error: job.error === null ? null : job.error.split('\n'),
    'no answer': isRunning && silence !== null ? adviseOnSilence(silence, job.taskQueue) : null,
    blocked: job.blocked,
    provider: provider === null ? null : [provider, ...(model === null ? [] : [model])].join(', '),
    started: formatMinute(job.startedAt),
    ended: formatMinute(job.endedAt),
    [isRunning ? 'running for' : 'took']: formatDuration(
      Math.max(0, (job.endedAt === null ? now : Date.parse(job.endedAt)) - Date.parse(job.startedAt)),
    ),
    ...(hasStatus(job) ? markLastKnown(job, progressFacts(job, job.id, now)) : factsWithoutWorker(job)),
    collecting: job.collecting.length === 0 ? null : job.collecting.map((batch) => describeCollecting(batch, now)),
    ...(isRunning ? {} : { limits: null, capacity: null }),
    'last fault': describeFault(job, now),
    results: job.results,
    'web ui': job.webUi,
  };
}

function adviseOnSilence(silence: string, taskQueue: string): string {
  if (silence.startsWith('no worker')) return `${silence}: ${startWorkerCommand(taskQueue)}`;
  return silence.startsWith('the workflow task') ? `${silence}: ${failingTaskAdvice}` : silence;
}

type Answered = JobOverview & Omit<JobStatus, 'phase' | 'startedAt'>;

/** Whether a worker answered. */
const hasStatus = (job: JobOverview): job is Answered => job.items !== undefined;

/** The status of such a job was not brought up to date when it ended. */
export const endedInTheMiddle = (state: JobOverview['state']): boolean =>
  state === 'terminated' || state === 'timed_out' || state === 'failed';

function markLastKnown({ state }: JobOverview, facts: Row): Row {
  if (!endedInTheMiddle(state)) return facts;
  return { ...facts, rows: `last known: ${facts.rows}`, batches: `last known: ${facts.batches}` };
}

/** From Temporal's memo. */
const factsWithoutWorker = ({ answered, failed, costUsd, progress }: JobOverview): Row => ({
  rows: answered === null ? null : `${number(answered)} answered, ${number(failed)} failed`,
  progress: progress === null || progress === undefined ? null : `about ${Math.round(100 * progress)}%`,
  cost: answered === null ? null : usd(costUsd),
});

export function describeCollecting({ wave, batch, step, since, attempts, bytes }: CollectedBatch, now: number): string {
  const doing =
    step === 'classify'
      ? 'reads the answers'
      : bytes === null
        ? 'downloads'
        : `downloads, ${formatBytes(bytes)} so far`;
  const from = since === null ? '' : ` in ${formatDuration(Math.max(0, now - Date.parse(since)))}`;
  return `wave ${wave}, batch ${batch}: ${doing}${from}${attempts === 1 ? '' : `, attempt ${attempts}`}`;
}

function describeFault({ failingCall, lastFault, state }: JobOverview, now: number): string | null {
  if (failingCall !== null) {
    const { fault, since, attempts } = failingCall;
    const from = since === null ? '' : ` in ${formatDuration(now - Date.parse(since))}, since ${formatMinute(since)}`;
    return `${fault} (${attempts} attempts${from})`;
  }
  if (lastFault === undefined || lastFault === null) return null;
  const { fault, since, at } = lastFault;
  const span = at - since < 60_000 ? `at ${formatTime(at)}` : `from ${formatTime(since)} to ${formatTime(at)}`;
  return `${fault.replaceAll('_', ' ')}, ${state === 'running' ? 'last ' : ''}${span}`;
}

const formatTime = (at: number): string => formatMinute(new Date(at).toISOString()) ?? '';

/** The next commands, for a job that did not end as it should. */
export function suggestNext({ id, state, failed, output, results, items }: JobOverview): readonly string[] {
  if (state === 'completed') {
    // Without a worker's answer it is not known how many of the failed rows are in doubt.
    const inDoubt = items?.byReason.in_doubt ?? 0;
    return suggestRows(id, (failed ?? 0) - inDoubt, inDoubt);
  }
  if (state === 'terminated' || state === 'timed_out') {
    const where = output === undefined ? "this job's output" : JSON.stringify(output);
    return [`continue it with what it has paid for: start a job with "resumeFrom": ${where}`];
  }
  return state === 'cancelled' && results !== null
    ? [`what was finished: ${ownCommand(`results ${shellWord(id)}`)}`]
    : [];
}
