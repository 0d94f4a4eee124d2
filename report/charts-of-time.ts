// Plots over time: each batch as a bar, how many were open at the same time, how long they took.

import { type Bin, stepMs } from '../domain/report/histogram.ts';
import type { Percentiles } from '../domain/report/report.ts';
import { type BatchSpan, measureSpan, type OpenPoint } from '../domain/report/spans.ts';
import { type Chart, grid, ink, label, line, noTicks, roomFor, roomy, still } from './chart.ts';
import { count, counted, duration } from './figures.ts';

const timeAxis = (lengthMs: number, width: number) => {
  const step = stepMs(lengthMs, width < roomy ? 4 : 9);
  return {
    type: 'value' as const,
    min: 0,
    max: lengthMs,
    interval: step,
    ...noTicks,
    splitLine: { lineStyle: { color: line } },
    axisLabel: { ...label, hideOverlap: true, showMaxLabel: lengthMs % step === 0, formatter: duration },
  };
};

export type SpanColor = 'wave1' | 'wave2' | 'wave3' | 'later' | 'realtime';

export function pickColor({ lane, wave }: Pick<BatchSpan, 'lane' | 'wave'>): SpanColor {
  if (lane === 'realtime') return 'realtime';
  if (wave === 1) return 'wave1';
  if (wave === 2) return 'wave2';
  return wave === 3 ? 'wave3' : 'later';
}

export const nameBatch = ({ wave, batch }: Pick<BatchSpan, 'wave' | 'batch'>): string => `wave ${wave} batch ${batch}`;

/** With more bars there is no room for their names. */
const namedMax = 40;
const barHeight = (bars: number): number => (bars <= namedMax ? 22 : Math.max(6, Math.floor(900 / bars)));

export function spansChart(spans: readonly BatchSpan[], since: number, until: number, width: number): Chart {
  const length = Math.max(1, until - since);
  const named = spans.length <= namedMax;
  const names = spans.map((span) => (width < roomy ? `${span.wave}/${span.batch}` : nameBatch(span)));
  const each = barHeight(spans.length);
  const shown = (ms: number): number => Math.max(ms, length / 250);
  const bar = { type: 'bar' as const, stack: 'span', barWidth: Math.max(4, Math.round(each * 0.64)), ...still };
  const wait = (span: BatchSpan): number => (span.waitingSince === null ? 0 : span.createdAt - span.waitingSince);
  return {
    title: `${counted(spans.length, 'batch', 'batches')} over ${duration(length)}: each bar runs from creation to end, with the wait before it`,
    height: each * spans.length + 36,
    option: {
      grid: { left: named ? roomFor(names) : 16, right: named && width >= roomy ? 72 : 16, top: 8, bottom: 28 },
      xAxis: timeAxis(length, width),
      yAxis: {
        type: 'category' as const,
        inverse: true,
        ...noTicks,
        data: names,
        axisLabel: { ...label, show: named, interval: 0 },
      },
      series: [
        {
          ...bar,
          itemStyle: { color: 'transparent' },
          data: spans.map((span) => (span.waitingSince ?? span.createdAt) - since),
        },
        { ...bar, itemStyle: { color: 'var(--wait)' }, data: spans.map(wait) },
        {
          ...bar,
          data: spans.map((span) => ({
            value: shown(measureSpan(span)),
            itemStyle: { color: `var(--${pickColor(span)})` },
            label: {
              ...label,
              show: named && width >= roomy && span.lane === 'batch',
              position: 'right' as const,
              formatter: () => counted(span.polls, 'poll', 'polls'),
            },
          })),
        },
      ],
    },
    tips: (series, index) => describeSpan(spans[index], series, wait),
  };
}

function describeSpan(span: BatchSpan | undefined, series: number, wait: (span: BatchSpan) => number): string | null {
  if (span === undefined || series === 0) return null;
  if (series === 1) return `${nameBatch(span)} waited ${duration(wait(span))}`;
  const { polls, answered, items } = span;
  const looked = span.lane === 'batch' ? `, ${counted(polls, 'poll', 'polls')}` : '';
  return `${nameBatch(span)}: ${duration(measureSpan(span))}${looked}, ${count(answered)} of ${count(items)} answered`;
}

export function openChart(points: readonly OpenPoint[], since: number, until: number, width: number): Chart {
  const most = points.reduce((max, { open }) => Math.max(max, open), 0);
  return {
    title: `How many batches were open at the same time: ${count(most)} at most`,
    height: 150,
    option: {
      grid: grid({ right: 16 }),
      xAxis: timeAxis(Math.max(1, until - since), width),
      yAxis: {
        type: 'value' as const,
        minInterval: 1,
        splitNumber: 3,
        ...noTicks,
        splitLine: { lineStyle: { color: line } },
        axisLabel: { ...label, formatter: count },
      },
      series: [
        {
          type: 'line' as const,
          step: 'end' as const,
          symbol: 'none',
          ...still,
          lineStyle: { color: 'var(--wave1)', width: 1.5 },
          areaStyle: { color: 'var(--wave1)', opacity: 0.2 },
          data: points.map(({ at, open }) => [at - since, open]),
        },
      ],
    },
  };
}

export function durationsChart(bins: readonly Bin[], percentiles: Percentiles | null, width: number): Chart {
  const marks = placeMarks(bins, percentiles, Math.ceil((46 * bins.length) / width));
  const total = bins.reduce((sum, bin) => sum + bin.count, 0);
  const between = ({ from, to }: Bin): string => `${duration(from)} to ${duration(to)}`;
  return {
    title: `How long ${counted(total, 'batch', 'batches')} took, by length of time`,
    height: 190,
    option: {
      grid: grid({ right: 30, top: 26 }),
      xAxis: {
        type: 'category' as const,
        data: bins.map(({ from }) => duration(from)),
        axisTick: { show: false },
        axisLine: { lineStyle: { color: line } },
        axisLabel: { ...label, hideOverlap: true, interval: Math.ceil(bins.length / (width < roomy ? 4 : 11)) - 1 },
      },
      yAxis: {
        type: 'value' as const,
        minInterval: 1,
        splitNumber: 3,
        ...noTicks,
        splitLine: { lineStyle: { color: line } },
        axisLabel: { ...label, formatter: count },
      },
      series: [
        {
          type: 'bar' as const,
          barCategoryGap: '8%',
          barMaxWidth: 60,
          ...still,
          data: bins.map(({ count: value }, index) => ({
            value,
            itemStyle: { color: marks.has(index) ? 'var(--accent)' : 'var(--accent-soft)' },
            label: {
              ...label,
              color: ink,
              show: marks.has(index),
              position: 'top' as const,
              formatter: () => marks.get(index) ?? '',
            },
          })),
        },
      ],
    },
    tips: (_, index) => bins[index] && `${between(bins[index])}: ${counted(bins[index].count, 'batch', 'batches')}`,
  };
}

/** The percentiles in a bin. If two bins are too near for their names side by side, the first of them gets both. */
function placeMarks(bins: readonly Bin[], percentiles: Percentiles | null, near: number): ReadonlyMap<number, string> {
  const marks = new Map<number, string>();
  let last = Number.NEGATIVE_INFINITY;
  for (const [name, value] of Object.entries(percentiles ?? {})) {
    const index = bins.findIndex(({ from, to }) => from <= value && value < to);
    const named = index - last < near ? last : index;
    marks.set(named, marks.has(named) ? `${marks.get(named)} ${name}` : name);
    if (named !== index) marks.set(index, '');
    last = named;
  }
  return marks;
}
