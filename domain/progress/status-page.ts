// A job's current details in the Web UI, as markdown: a progress report while it runs, a summary after its end.

import { formatDuration } from '../duration.ts';
import { describeForecast } from '../money/forecast.ts';
import type { Counts } from '../outcome/outcome.ts';
import { describeMore } from '../plan/batch-estimate.ts';
import type { JobReport } from '../report/report.ts';
import { describeCheck, describeStep, type JudgedStep } from '../waves/rollout.ts';
import { type BatchStateCounts, countAtProvider } from './events.ts';
import { formatCount, formatTime, joinDetails, type Row, renderBar, renderTable } from './markdown.ts';
import { findRemedy } from './pauses.ts';
import type { CapacityWait, JobStatus, Pause } from './status.ts';

export function renderStatusPage(status: JobStatus, now: number, report: JobReport | null): string {
  const { items, rows } = status;
  const accepted = rows.accepted + rows.duplicates + rows.carriedOver;
  const parts = [
    `**${renderHeadline(status, report)}** · wave ${status.wave} (${status.waveKind}) · ${renderTimes(status, report)}`,
    `${renderBar(items.answered, accepted)} ${items.answered} of ${accepted} rows answered`,
    status.alerts.map((alert) => `- ⚠️ ${alert}`).join('\n'),
    describeWait(status),
    status.capacity.map(describeCapacity).join('\n'),
    report === null ? `Output: \`${status.output}\`` : describeResult(report),
    renderTable([
      ['rows', listItems(status)],
      ['not answered, by reason', listCounts(items.byReason)],
      ['batches', listStates(status)],
      ['cost in USD', listCosts(status, report)],
      ['rollout', listChecks(status.rollout ?? null)],
    ]),
  ];
  return joinDetails(parts, now);
}

/** Times of day: the details are written when something changes, so a duration would stand still. */
function renderTimes({ startedAt, phase }: JobStatus, report: JobReport | null): string {
  const started = `started ${formatTime(startedAt)}`;
  if (phase !== 'done' || report === null) return started;
  const endedAt = Date.parse(report.endedAt);
  return `${started}, ended ${formatTime(endedAt)}, took ${formatDuration(endedAt - startedAt)}`;
}

function renderHeadline({ phase, pause }: JobStatus, report: JobReport | null): string {
  if (phase === 'paused' && pause !== null) return `paused: ${pause.note}`;
  if (phase !== 'done' || report === null) return phase.replace('_', ' ');
  return report.cancelled ? `cancelled, ${report.verdict}` : report.verdict;
}

/** The reason why the job waits; empty if it does not wait. */
function describeWait({ phase, pauses, batches, nextLookAt }: JobStatus): string {
  if (phase === 'done') return '';
  if (pauses.length > 0) return pauses.map(describePause).join('\n');
  if (phase === 'backing_off') return 'Waits before the next round.';
  const atProvider = countAtProvider(batches.byStage);
  if (atProvider === 0) return '';
  const next = nextLookAt === null ? '' : `; next poll about ${formatTime(nextLookAt)}`;
  return `Waits for the provider: ${atProvider} ${atProvider === 1 ? 'batch' : 'batches'} open${next}.`;
}

const describePause = ({ reason, note, since }: Pause): string =>
  `- ${reason}: ${note}; since ${formatTime(since)}; lifted by \`${findRemedy(reason)}\``;

export function describeCapacity({ model, waiting, inUse, fitting, named, reason }: CapacityWait): string {
  if (reason !== undefined) {
    return `${waiting} ${waiting === 1 ? 'batch waits' : 'batches wait'} for the dispatcher: ${reason}.`;
  }
  const limit =
    named !== null
      ? `; the provider allows ${formatCount(named.limit)} ${named.unit}`
      : fitting !== null && fitting.batches > 0
        ? `; it last had room for ${fitting.batches} (${formatCount(fitting.tokens)} tokens)`
        : '';
  return `No room for ${model} at the provider: ${waiting} refused ${waiting === 1 ? 'batch waits' : 'batches wait'}; ${inUse.batches} open (about ${formatCount(inUse.tokens)} tokens)${limit}.`;
}

const listStates = ({ batches }: JobStatus): Row[] => [
  ...listCounts(batches.byStage),
  ...(batches.notStarted > 0 ? [['not started', batches.notStarted] satisfies Row] : []),
];

const listItems = ({ items, rows }: JobStatus): Row[] =>
  (
    [
      ['answered', items.answered],
      ['in progress', items.underWay],
      ['not started', items.notStarted],
      ['to send again', items.toRetry],
      ['failed', items.failed],
      ['rows refused', rows.refused],
      ['rows that share an answer', rows.duplicates],
      ['carried over', rows.carriedOver],
    ] satisfies Row[]
  ).filter(([name, count]) => count > 0 || name === 'answered');

const listCounts = (counts: Counts | BatchStateCounts): Row[] =>
  Object.entries(counts).map(([name, count]) => [name, count]);

const listCosts = (
  { costUsd, unpriced = 0, estimateUsd, mostUsd = null, forecast, budgetUsd }: JobStatus,
  report: JobReport | null,
): Row[] => [
  // Without a cost and without an unknown one, nothing was paid yet.
  ['so far', formatUsd(costUsd ?? (unpriced > 0 ? null : 0))],
  ...(unpriced === 0 ? [] : [['attempts of unknown cost', unpriced] satisfies Row]),
  ['estimated', `${formatUsd(estimateUsd)}${describeMore({ usd: estimateUsd, mostUsd }, formatUsd)}`],
  ...(forecast?.usd == null ? [] : [['forecast', describeForecast(forecast, formatUsd)] satisfies Row]),
  ...(budgetUsd === null ? [] : [['budget', formatUsd(budgetUsd)] satisfies Row]),
  ...(report === null ? [] : [['the same in realtime', formatUsd(report.cost.realtimeUsd)] satisfies Row]),
];

function describeResult({ files, batches, errorsByReason }: JobReport): string {
  const { completionMs } = batches;
  const times =
    completionMs === null
      ? ''
      : `\n\nBatches took ${formatDuration(completionMs.p50)} (median), ${formatDuration(completionMs.p95)} (p95).`;
  const inDoubt = errorsByReason.in_doubt === undefined ? '' : ` · in doubt: \`${files.inDoubt}\``;
  return `Results: \`${files.results}\` · report: \`${files.report}\`${inDoubt}${times}`;
}

const formatUsd = (amount: number | null): string => (amount === null ? 'unknown' : amount.toFixed(amount < 1 ? 4 : 2));

/** Of the last step that has ended. */
const listChecks = (judged: JudgedStep | null): Row[] =>
  judged === null
    ? []
    : [['last', describeStep(judged)], ...judged.checks.map((check): Row => [check.what, describeCheck(check)])];
