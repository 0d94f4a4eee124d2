// Turns a job's status, report, line in a list and estimate into text.

import { formatDuration } from '../../domain/duration.ts';
import type { JobEstimate } from '../../domain/plan/estimate.ts';
import type { JobStatus } from '../../domain/progress/status.ts';
import { describeCapacity } from '../../domain/progress/status-page.ts';
import type { JobReport } from '../../domain/report/report.ts';
import type { ListedJob } from '../job-list.ts';
import type { Row } from './print.ts';

/** One line of progress. */
export function progressLine({ phase, rows, items, batches, costUsd, unpriced, alerts }: JobStatus): string {
  const cost = costUsd === null ? '' : `, ${describeCost(costUsd, unpriced)}`;
  const alert = alerts.length === 0 ? '' : `, ${alerts.join('; ')}`;
  const of = rows.accepted + rows.carriedOver;
  return `${phase}: ${items.answered} of ${of} rows answered, ${items.failed} failed, batches ${batches.done} of ${batches.planned} done${cost}${alert}`;
}

/** The last line after a job was followed to its end. */
export function endLine({ verdict, startedAt, endedAt, rows, cost }: JobReport): string {
  const took = formatDuration(Date.parse(endedAt) - Date.parse(startedAt));
  return `${verdict} in ${took}: ${number(rows.answered)} answered, ${number(rows.failed)} failed, ${costText(cost)}`;
}

export function statusFacts(status: JobStatus, now: number): Row {
  const { items, batches, rows, nextLookAt, estimatedEndAt, alerts, tokens } = status;
  const stages = Object.entries(batches.byStage).map(([stage, count]) => `${count} ${stage}`);
  return {
    phase: status.phase,
    why: status.pauses.length === 0 ? null : status.pauses.map(({ note }) => note).join('\n'),
    wave: `${status.wave} (${status.waveKind})`,
    'running for': status.phase === 'done' ? null : formatDuration(Math.max(0, now - status.startedAt)),
    rows: `${number(items.answered)} answered, ${number(items.underWay)} in progress, ${number(items.failed)} failed`,
    reasons: counts(items.byReason),
    'in doubt': describeDoubt(status),
    'rows refused': rows.refused === 0 ? null : rows.refused,
    batches: `${number(batches.planned)} planned${stages.length === 0 ? '' : `: ${stages.join(', ')}`}`,
    tokens: `${number(tokens.input)} in, ${number(tokens.output)} out`,
    cost: `${describeCost(status.costUsd, status.unpriced)} so far, ${usd(status.estimateUsd)} estimated${status.budgetUsd === null ? '' : `, budget ${usd(status.budgetUsd)}`}`,
    capacity: status.capacity.length === 0 ? null : status.capacity.map(describeCapacity).join('\n'),
    'next poll': nextLookAt === null ? null : inTime(nextLookAt, now),
    'estimated end': estimatedEndAt === null ? null : inTime(estimatedEndAt, now),
    alerts: alerts.length === 0 ? null : alerts.join('\n'),
    output: status.output,
  };
}

export function reportFacts(report: JobReport): Row {
  const { rows, cost, batches, tokens, files } = report;
  return {
    verdict: report.cancelled ? `${report.verdict} (cancelled)` : report.verdict,
    took: formatDuration(Date.parse(report.endedAt) - Date.parse(report.startedAt)),
    rows: `${number(rows.answered)} answered, ${number(rows.failed)} failed, ${number(rows.refused)} refused`,
    reasons: counts(report.errorsByReason),
    'in doubt': report.errorsByReason.in_doubt === undefined ? null : files.inDoubt,
    batches: `${number(batches.count)}, and ${number(batches.realtime)} in realtime`,
    tokens: `${number(tokens.input)} in, ${number(tokens.output)} out`,
    cost: costText(cost),
    warnings: report.warnings.length === 0 ? null : report.warnings.join('\n'),
    results: files.results,
    page: files.page,
  };
}

function describeDoubt({ items, phase, output }: JobStatus): string | null {
  if (items.byReason.in_doubt === undefined) return null;
  if (phase === 'done') return `see ${output}in-doubt.jsonl`;
  return 'may have run; sent again only with `retry --reason in_doubt`';
}

export const listFacts = (job: ListedJob): Row => ({
  id: job.id,
  state: job.state === 'running' ? (job.phase ?? job.state) : job.state,
  provider: job.provider,
  model: job.model,
  started: formatMinute(job.startedAt),
  ended: formatMinute(job.endedAt),
  verdict: job.verdict,
  answered: job.answered,
  failed: job.failed,
  cost: job.costUsd === null ? null : usd(job.costUsd),
});

export function estimateFacts({ rows, batches, realtimeBatches, ...of }: JobEstimate): Row {
  const spared = of.usd === null || of.realtimeUsd === null ? null : of.realtimeUsd - of.usd;
  return {
    rows: `${number(rows.accepted)} accepted, ${number(rows.refused)} refused, ${number(rows.duplicates)} duplicates`,
    batches: `${number(batches)}${realtimeBatches === 0 ? '' : `, ${number(realtimeBatches)} of them in realtime`}`,
    tokens: `about ${number(of.inputTokens)} in, ${of.outputTokens === null ? 'an unknown number' : `at most ${number(of.outputTokens)}`} out`,
    cost: usd(of.usd),
    'all in realtime': usd(of.realtimeUsd),
    saved: spared === null ? null : `${usd(spared)} (${percent(spared, of.realtimeUsd)})`,
    budget: of.budgetUsd === null ? null : usd(of.budgetUsd),
    prices: `of ${of.pricesDated}`,
    caveats: of.caveats.join('\n'),
  };
}

export const usd = (amount: number | null): string =>
  amount === null ? 'unknown' : `$${amount.toFixed(amount < 1 ? 4 : 2)}`;

export const number = (count: number | null): string => (count === null ? 'unknown' : count.toLocaleString('en-US'));

/** In UTC, marked with a Z. */
export const formatMinute = (instant: string | null): string | null =>
  instant === null ? null : `${instant.slice(0, 16).replace('T', ' ')}Z`;

function costText({ usd: amount, unpricedRows, savedUsd, realtimeUsd }: JobReport['cost']): string {
  if (amount === null) return 'cost unknown';
  const known = describeCost(amount, unpricedRows, 'row');
  if (savedUsd === null || savedUsd <= 0) return known;
  return `${known}, ${percent(savedUsd, realtimeUsd)} less than in realtime`;
}

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

const inTime = (at: number, now: number): string => (at <= now ? 'now' : `in about ${formatDuration(at - now)}`);
