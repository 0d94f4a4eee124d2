// A job's current details in the Web UI: markdown that reads as a report while it runs, and after.

import { formatDuration } from '../duration.ts';
import { type Counts, sumCounts } from '../outcome/outcome.ts';
import type { JobReport } from '../report/report.ts';
import type { BatchState, BatchStateCounts } from './events.ts';
import type { JobStatus } from './status.ts';

export function statusPage(status: JobStatus, now: number, report: JobReport | null): string {
  const { items, rows } = status;
  const accepted = rows.accepted + rows.duplicates + rows.carriedOver;
  const parts = [
    `**${headline(status, report)}** · wave ${status.wave} (${status.waveKind}) · ${status.phase === 'done' ? 'in' : 'for'} ${formatDuration(now - status.startedAt)}`,
    `${bar(items.answered, accepted)} ${items.answered} of ${accepted} rows answered`,
    status.alerts.map((alert) => `- ⚠️ ${alert}`).join('\n'),
    waits(status),
    table(['batches', 'number'], stageRows(status)),
    table(['items', 'number'], itemRows(status)),
    table(['reason', 'items'], countRows(items.byReason)),
    table(['cost', 'USD'], costRows(status, report)),
    report === null ? `Output: \`${status.output}\`` : outcome(report),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function headline({ phase, pause }: JobStatus, report: JobReport | null): string {
  if (pause !== null) return `paused: ${pause.note}`;
  if (phase !== 'done' || report === null) return phase.replace('_', ' ');
  return report.cancelled ? `cancelled, ${report.verdict}` : report.verdict;
}

/** What the job stands still for, if it does. */
function waits({ phase, pause, batches, nextLookAt }: JobStatus): string {
  if (phase === 'done') return '';
  if (pause !== null) return `Waits for a person since ${clock(pause.since)}: mend it, then \`resume\`.`;
  if (phase === 'backing_off') return 'Waits before the next round.';
  const atProvider = providerStages.reduce((sum, stage) => sum + (batches.byStage[stage] ?? 0), 0);
  if (atProvider === 0) return '';
  const next = nextLookAt === null ? '' : `; next look about ${clock(nextLookAt)}`;
  return `Waits for the provider: ${atProvider} ${atProvider === 1 ? 'batch' : 'batches'} under way${next}.`;
}

const providerStages: readonly BatchState[] = ['validating', 'running', 'finalizing', 'cancelling'];

type Row = readonly [name: string, value: string | number];

const stageRows = ({ batches }: JobStatus): Row[] => [
  ...countRows(batches.byStage),
  ...(batches.planned > sumCounts(batches.byStage)
    ? [['not started', batches.planned - sumCounts(batches.byStage)] satisfies Row]
    : []),
];

const itemRows = ({ items, rows }: JobStatus): Row[] =>
  (
    [
      ['answered', items.answered],
      ['under way', items.underWay],
      ['failed', items.failed],
      ['rows refused', rows.refused],
      ['rows that share an answer', rows.duplicates],
      ['carried over', rows.carriedOver],
    ] satisfies Row[]
  ).filter(([name, count]) => count > 0 || name === 'answered');

const countRows = (counts: Counts | BatchStateCounts): Row[] =>
  Object.entries(counts).map(([name, count]) => [name, count]);

const costRows = ({ costUsd, estimateUsd, budgetUsd }: JobStatus, report: JobReport | null): Row[] => [
  ['so far', usd(costUsd)],
  ['estimated', usd(estimateUsd)],
  ...(budgetUsd === null ? [] : [['budget', usd(budgetUsd)] satisfies Row]),
  ...(report === null ? [] : [['the same in realtime', usd(report.cost.realtimeUsd)] satisfies Row]),
];

function outcome({ files, batches }: JobReport): string {
  const { completionMs } = batches;
  const times =
    completionMs === null
      ? ''
      : `\n\nBatches took ${formatDuration(completionMs.p50)} (median), ${formatDuration(completionMs.p95)} (p95).`;
  return `Results: \`${files.results}\` · report: \`${files.report}\`${times}`;
}

/** Nothing where there is nothing to show. */
function table(head: readonly [string, string], rows: readonly Row[]): string {
  if (rows.length === 0) return '';
  return [`| ${head.join(' | ')} |`, '|---|---:|', ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join('\n');
}

const usd = (amount: number | null): string => (amount === null ? 'unknown' : amount.toFixed(amount < 1 ? 4 : 2));

const clock = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

function bar(done: number, total: number): string {
  const filled = total === 0 ? 0 : Math.min(20, Math.floor((20 * done) / total));
  return `${'█'.repeat(filled)}${'░'.repeat(20 - filled)} ${total === 0 ? 0 : Math.floor((100 * done) / total)}%`;
}
