// The content of a page: the report, the job's settings, and the series that are too long for `report.json`.

import { type Bin, histogram } from '../domain/report/histogram.ts';
import type { BatchFigures, JobReport } from '../domain/report/report.ts';
import type { BatchSpan, OpenPoint, Spans } from '../domain/report/spans.ts';
import type { Charts } from './chart.ts';
import { barsChart, costChart, outcomesChart } from './charts-of-counts.ts';
import { durationsChart, openChart, spansChart } from './charts-of-time.ts';
import { count, counted, share } from './figures.ts';

export interface PageFacts {
  readonly job: {
    readonly name: string;
    readonly dataset: string;
    readonly provider: string;
    readonly model: string | null;
  };
  readonly report: JobReport;
  readonly spans: {
    /** The number of batches with times, and of those without. */
    readonly count: number;
    readonly unknown: number;
    /** Some hundred at most: the longest, in the order in which they were planned. */
    readonly shown: readonly BatchSpan[];
    readonly slowest: readonly BatchSpan[];
    readonly open: readonly OpenPoint[];
  };
  readonly durations: readonly Bin[];
}

const slowestMax = 10;
const binsMax = 24;

export function gatherPageFacts(
  job: PageFacts['job'],
  report: JobReport,
  { count: known, unknown, inOrder, longest, open }: Spans,
  { durations }: BatchFigures,
): PageFacts {
  return {
    job,
    report,
    spans: { count: known, unknown, shown: inOrder, slowest: longest.slice(0, slowestMax), open },
    durations: histogram(durations, binsMax),
  };
}

/** Leaves out a plot with one mark or none, because its table says more. */
export function buildCharts({ report, spans, durations }: PageFacts): Charts {
  const { errorsByReason, attempts, cost, batches } = report;
  const reasons = Object.entries(errorsByReason).toSorted(([, a], [, b]) => b - a);
  const sent = Object.entries(attempts);
  const total = sent.reduce((sum, [, rows]) => sum + rows, 0);
  const since = Math.min(Date.parse(report.startedAt), ...spans.shown.map(({ createdAt }) => createdAt));
  const until = Math.max(Date.parse(report.endedAt), ...spans.shown.map(({ endedAt }) => endedAt));
  const costs = cost.byModelAndLane.filter(({ usd, realtimeUsd }) => usd !== null || realtimeUsd !== null);
  const reasonBars = reasons.map(([reason, rows]) => [reason, rows, count(rows)] as const);
  const attemptBars = sent.map(
    ([times, rows]) =>
      [counted(Number(times), 'time', 'times'), rows, `${count(rows)} (${share(rows, total)})`] as const,
  );
  const charts: Charts = {
    outcomes: { half: true, chart: () => outcomesChart(report) },
    errors: { chart: () => barsChart('Failed rows by reason', reasonBars, 'var(--bad)') },
    spans: { chart: (width) => spansChart(spans.shown, since, until, width) },
    open: { chart: (width) => openChart(spans.open, since, until, width) },
    durations: { chart: (width) => durationsChart(durations, batches.completionMs, width) },
    cost: { chart: (width) => costChart(costs, width) },
    attempts: {
      half: true,
      chart: () => barsChart('Rows by how many times they were sent', attemptBars, 'var(--accent)'),
    },
  };
  const drawn: Readonly<Record<string, boolean>> = {
    outcomes: report.rows.rows > 0,
    errors: reasons.length > 0,
    spans: spans.shown.length > 0,
    open: spans.count > 8,
    durations: durations.length > 1,
    cost: costs.length > 0,
    attempts: sent.length > 1,
  };
  return Object.fromEntries(Object.entries(charts).filter(([name]) => drawn[name] === true));
}
