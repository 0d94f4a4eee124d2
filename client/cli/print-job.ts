// Turns a job's status, report, line in a list and estimate into text.

import { formatDuration } from '../../domain/duration.ts';
import { describeForecast } from '../../domain/money/forecast.ts';
import { describeMore } from '../../domain/plan/batch-estimate.ts';
import type { JobEstimate } from '../../domain/plan/estimate.ts';
import { formatDollars } from '../../domain/progress/markdown.ts';
import { findRemedy, type Remedy } from '../../domain/progress/pauses.ts';
import type { JobStatus, Pause } from '../../domain/progress/status.ts';
import { describeCapacity } from '../../domain/progress/status-page.ts';
import type { JobReport } from '../../domain/report/report.ts';
import { describeCheck, describeStep } from '../../domain/waves/rollout.ts';
import type { ListedJob } from '../job-list.ts';
import { ownCommand, shellWord } from './own-command.ts';
import type { Row } from './print/table.ts';

/** One line of progress. */
export function progressLine({ phase, rows, items, batches, costUsd, unpriced, alerts }: JobStatus): string {
  const cost = costUsd === null ? '' : `, ${describeCost(costUsd, unpriced)}`;
  const alert = alerts.length === 0 ? '' : `, ${alerts.join('; ')}`;
  const of = rows.accepted + rows.duplicates + rows.carriedOver;
  return `${phase}: ${items.answered} of ${of} rows answered, ${items.failed} failed, batches ${batches.done} of ${batches.planned} done${cost}${alert}`;
}

/** The last line after a job was followed to its end. */
export function endLine({ verdict, startedAt, endedAt, rows, cost }: JobReport): string {
  const took = formatDuration(Date.parse(endedAt) - Date.parse(startedAt));
  const refused = rows.refused === 0 ? '' : `, ${number(rows.refused)} refused`;
  return `${describeVerdict(verdict)} in ${took}: ${number(rows.answered)} answered, ${number(rows.failed)} failed${refused}, ${costText(cost)}`;
}

/** `none` says that no row has an answer; on its own it would say nothing. */
const describeVerdict = (verdict: string): string => (verdict === 'none' ? 'no answers' : verdict);

export const statusFacts = (status: JobStatus, id: string, now: number): Row => ({
  phase: status.phase,
  'running for': status.phase === 'done' ? null : formatDuration(Math.max(0, now - status.startedAt)),
  ...progressFacts(status, id, now),
});

export function progressFacts(status: Omit<JobStatus, 'phase' | 'startedAt'>, id: string, now: number): Row {
  const { batches, rows, nextLookAt, estimatedEndAt, alerts, tokens } = status;
  return {
    why: status.pauses.length === 0 ? null : status.pauses.map((pause) => describePause(pause, id)),
    wave: `${status.wave} (${status.waveKind})`,
    rollout:
      status.rollout == null
        ? null
        : [
            describeStep(status.rollout),
            ...status.rollout.checks.map((check) => `${check.what} ${describeCheck(check)}`),
          ],
    rows: describeItems(status.items),
    reasons: counts(status.items.byReason),
    'in doubt': describeDoubt(status, id),
    'rows refused': rows.refused === 0 ? null : rows.refused,
    batches: describeBatches(batches),
    limits: describeLimits(status),
    tokens: `${number(tokens.input)} in, ${number(tokens.output)} out`,
    cost: `${describePaid(status)} so far, ${describeEstimate(status)}${status.budgetUsd === null ? '' : `, budget ${usd(status.budgetUsd)}`}`,
    forecast: status.forecast?.usd == null ? null : describeForecast(status.forecast, usd),
    capacity: status.capacity.length === 0 ? null : status.capacity.map(describeCapacity),
    'next poll': nextLookAt === null ? null : inTime(nextLookAt, now),
    'estimated end': estimatedEndAt === null ? null : inTime(estimatedEndAt, now),
    alerts: alerts.length === 0 ? null : alerts,
    output: status.output,
  };
}

export function reportFacts(report: JobReport): Row {
  const { rows, cost, batches, tokens, files } = report;
  return {
    verdict: `${describeVerdict(report.verdict)}${report.cancelled ? ' (cancelled)' : ''}`,
    took: formatDuration(Date.parse(report.endedAt) - Date.parse(report.startedAt)),
    rows: `${number(rows.answered)} answered, ${number(rows.failed)} failed, ${number(rows.refused)} refused`,
    reasons: counts(report.errorsByReason),
    'in doubt': report.errorsByReason.in_doubt === undefined ? null : files.inDoubt,
    batches: `${number(batches.count)}, and ${number(batches.realtime)} in realtime`,
    tokens: `${number(tokens.input)} in, ${number(tokens.output)} out`,
    cost: costText(cost),
    forecast: cost.forecast?.usd == null ? null : `${describeForecast(cost.forecast, usd)}, halfway`,
    warnings: report.warnings.length === 0 ? null : report.warnings,
    results: files.results,
    page: files.page,
  };
}

const describeEstimate = ({ estimateUsd, mostUsd = null }: Pick<JobStatus, 'estimateUsd' | 'mostUsd'>): string =>
  estimateUsd === null
    ? 'no estimate'
    : `${usd(estimateUsd)} estimated${describeMore({ usd: estimateUsd, mostUsd }, usd)}`;

/** With the command that ends it. */
export const describePause = ({ reason, note }: Pause, id: string): string =>
  `${note}: ${ownCommand(remedyCommands[findRemedy(reason)](id))}`;

const remedyCommands: Readonly<Record<Remedy, (id: string) => string>> = {
  resume: (id) => `resume ${shellWord(id)}`,
  approve: (id) => `approve ${shellWord(id)}`,
  setBudget: (id) => `set ${shellWord(id)} --budget <usd>`,
};

function describeItems({ answered, underWay, notStarted, toRetry, failed }: JobStatus['items']): string {
  const some = [
    ...(notStarted === 0 ? [] : [`${number(notStarted)} not started`]),
    ...(toRetry === 0 ? [] : [`${number(toRetry)} to send again`]),
  ];
  return [`${number(answered)} answered`, `${number(underWay)} in progress`, ...some, `${number(failed)} failed`].join(
    ', ',
  );
}

function describeBatches({ planned, notStarted, byStage }: JobStatus['batches']): string {
  const stages = Object.entries(byStage).map(([stage, count]) => `${count} ${stage}`);
  const all = notStarted === 0 ? stages : [...stages, `${number(notStarted)} not started`];
  return `${number(planned)} planned${all.length === 0 ? '' : `: ${all.join(', ')}`}`;
}

/** The concurrency and the deadlines as they are now; null until the job is open. */
export function describeLimits({ concurrency, deadline }: Pick<JobStatus, 'concurrency' | 'deadline'>): string | null {
  if (concurrency === null || deadline === null) return null;
  const { batchMs, jobMs, then } = deadline;
  const job = jobMs === null ? 'no deadline for the job' : `${formatDuration(jobMs)} for the job`;
  return `${concurrency} batches at the same time; ${formatDuration(batchMs)} for a batch, ${job}, then ${then}`;
}

function describeDoubt({ items, output }: Pick<JobStatus, 'items' | 'output'>, id: string): string | null {
  if (items.byReason.in_doubt === undefined) return null;
  if (items.underWay + items.notStarted + items.toRetry === 0) return `see ${output}in-doubt.jsonl`;
  return `may have run; sent again only with ${ownCommand(`retry ${shellWord(id)} --reason in_doubt`)}`;
}

/** How the job ended, or its phase. */
export function describeState({ state, phase, verdict }: ListedJob): string {
  if (state === 'running') return phase ?? state;
  if (state === 'completed') return verdict === null ? state : describeVerdict(verdict);
  const word = state.replace('_', ' ');
  return verdict === null ? word : `${word}, ${describeVerdict(verdict)}`;
}

/** The most important first: what has no room is left out. */
export const listFacts = (job: ListedJob): Row => ({
  id: job.id,
  state: describeState(job),
  progress: job.progress === null ? null : `${Math.round(100 * job.progress)}%`,
  answered: job.answered,
  failed: job.failed,
  cost: job.costUsd === null ? null : usd(job.costUsd),
  started: formatMinute(job.startedAt),
  took: job.endedAt === null ? null : formatDuration(Date.parse(job.endedAt) - Date.parse(job.startedAt)),
  model: job.model,
  provider: job.provider,
});

export function estimateFacts({ rows, batches, realtimeBatches, ...of }: JobEstimate): Row {
  const spared = of.usd === null || of.realtimeUsd === null ? null : of.realtimeUsd - of.usd;
  return {
    rows: `${number(rows.accepted)} accepted, ${number(rows.refused)} refused, ${number(rows.duplicates)} duplicates`,
    batches: `${number(batches)}${realtimeBatches === 0 ? '' : `, ${number(realtimeBatches)} of them in realtime`}`,
    tokens: `${describeInput(of)} in, ${of.outputTokens === null ? 'an unknown number' : `at most ${number(of.outputTokens)}`} out`,
    cost: `${usd(of.usd)}${describeMore(of, usd)}`,
    'all in realtime': usd(of.realtimeUsd),
    // A saving that is less than what is shown does not count.
    saved: spared === null || spared < 0.00005 ? null : `${usd(spared)} (${percent(spared, of.realtimeUsd)})`,
    budget: describeBudget(of),
    prices: `of ${of.pricesDated}`,
    'best mode': describeChoice(of.choice),
    because: of.choice.reasons,
    caveats: of.caveats,
  };
}

function describeInput({ inputTokens, expectedTokens }: Pick<JobEstimate, 'inputTokens' | 'expectedTokens'>): string {
  if (expectedTokens == null) return `about ${number(inputTokens)}`;
  const { likely, low, high } = expectedTokens;
  return `about ${number(likely)} (${number(low)} to ${number(high)})`;
}

const describeChoice = ({ mode, upTo, usd: cost }: JobEstimate['choice']): string =>
  `${mode}${upTo === null ? '' : ` with \`route.upTo\` ${number(upTo)}`}, for ${usd(cost)}`;

function describeBudget({ budgetUsd, usd: cost }: Pick<JobEstimate, 'budgetUsd' | 'usd'>): string | null {
  if (budgetUsd === null) return null;
  if (cost === null) return `${usd(budgetUsd)}; the cost is unknown, so the job pauses before its first batch`;
  if (cost > budgetUsd) {
    return `${usd(budgetUsd)}: too small by ${usd(cost - budgetUsd)}; the job pauses when it is used up`;
  }
  return `${usd(budgetUsd)}: the job takes ${percent(cost, budgetUsd)} of it`;
}

export const usd = (amount: number | null): string => (amount === null ? 'unknown' : formatDollars(amount));

export const number = (count: number | null): string => (count === null ? 'unknown' : count.toLocaleString('en-US'));

/** Decimal, as the vendors state their bounds. */
export function formatBytes(bytes: number): string {
  const [unit, size] = byteUnits.find(([, least]) => bytes >= least) ?? ['bytes', 1];
  return `${Number((bytes / size).toFixed(1))} ${unit}`;
}

const byteUnits = [
  ['TB', 1e12],
  ['GB', 1e9],
  ['MB', 1e6],
  ['kB', 1e3],
] as const;

/** In UTC, marked with a Z. */
export const formatMinute = (instant: string | null): string | null =>
  instant === null ? null : `${instant.slice(0, 16).replace('T', ' ')}Z`;

function costText({ usd: amount, unpricedRows, savedUsd, realtimeUsd }: JobReport['cost']): string {
  if (amount === null) return 'cost unknown';
  const known = describeCost(amount, unpricedRows, 'row');
  if (savedUsd === null || savedUsd <= 0) return known;
  return `${known}, ${percent(savedUsd, realtimeUsd)} less than in realtime`;
}

/** Without a cost and without an unknown one, nothing has been answered yet. */
export const describePaid = ({ costUsd, unpriced = 0 }: Pick<JobStatus, 'costUsd' | 'unpriced'>): string =>
  describeCost(costUsd ?? (unpriced > 0 ? null : 0), unpriced);

/** An amount that leaves something out says so. */
export function describeCost(amount: number | null, unpriced = 0, what: 'row' | 'attempt' = 'attempt'): string {
  if (amount === null || unpriced === 0) return usd(amount);
  return `${usd(amount)} and ${number(unpriced)} ${what}${unpriced === 1 ? '' : 's'} of unknown cost`;
}

const percent = (part: number, whole: number | null): string =>
  whole === null || whole === 0 ? '0%' : `${Math.round((100 * part) / whole)}%`;

function counts(of: Readonly<Record<string, number | undefined>>): string | null {
  const texts = Object.entries(of).map(([name, count]) => `${count} ${name}`);
  return texts.length === 0 ? null : texts.join(', ');
}

const inTime = (at: number, now: number): string => (at < now + 1000 ? 'now' : `in about ${formatDuration(at - now)}`);
