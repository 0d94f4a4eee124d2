// Plots of counts and amounts: outcomes, reasons, attempts, cost.

import type { CostLine, JobReport } from '../domain/report/report.ts';
import { type Chart, grid, ink, label, noTicks, roomFor, roomy, still } from './chart.ts';
import { count, counted, share, usd } from './figures.ts';

export function outcomesChart({ rows }: JobReport): Chart {
  const parts = [
    ['answered', rows.answered, 'var(--good)'],
    ['failed', rows.failed, 'var(--bad)'],
    ['refused', rows.refused, 'var(--warn)'],
  ] as const;
  return {
    title: `Of ${counted(rows.rows, 'row', 'rows')}: ${parts.map(([name, value]) => `${count(value)} ${name}`).join(', ')}`,
    height: 34,
    option: {
      grid: { left: 0, right: 0, top: 2, bottom: 2 },
      xAxis: { type: 'value', show: false, max: Math.max(1, rows.answered + rows.failed + rows.refused) },
      yAxis: { type: 'category', show: false, data: [''] },
      series: parts.map(([name, value, color]) => ({
        type: 'bar' as const,
        stack: 'rows',
        name,
        barWidth: 28,
        ...still,
        data: [{ value, itemStyle: { color } }],
      })),
    },
    tips: (series) =>
      `${parts[series]?.[0]}: ${count(parts[series]?.[1] ?? 0)} (${share(parts[series]?.[1] ?? 0, rows.rows)})`,
  };
}

/** Bars from left to right, one for each name, with its value at the end. */
export function barsChart(
  title: string,
  bars: readonly (readonly [name: string, value: number, said: string])[],
  color: string,
): Chart {
  const most = bars.reduce((max, [, value]) => Math.max(max, value), 0);
  return {
    title,
    height: 26 * bars.length + 12,
    option: {
      grid: {
        left: roomFor(bars.map(([name]) => name)),
        right: roomFor(bars.map(([, , said]) => said)),
        top: 4,
        bottom: 4,
      },
      xAxis: { type: 'value', show: false, min: 0, max: most || 1 },
      yAxis: {
        type: 'category' as const,
        inverse: true,
        data: bars.map(([name]) => name),
        ...noTicks,
        axisLabel: { ...label, color: ink },
      },
      series: [
        {
          type: 'bar' as const,
          barWidth: 16,
          barMinHeight: 2,
          itemStyle: { color, borderRadius: 2 },
          ...still,
          data: bars.map(([, value, said]) => ({
            value,
            label: { ...label, show: true, position: 'right' as const, formatter: () => said },
          })),
        },
      ],
    },
    tips: (_, index) => bars[index] && `${bars[index][0]}: ${bars[index][2]}`,
  };
}

const laneName = ({ model, lane }: CostLine): string => `${model}, ${lane}`;

export function costChart(lines: readonly CostLine[], width: number): Chart {
  const most = lines.reduce((max, { usd: paid, realtimeUsd }) => Math.max(max, paid ?? 0, realtimeUsd ?? 0), 0);
  const bar = (color: string, value: (line: CostLine) => number | null) => ({
    type: 'bar' as const,
    barWidth: 13,
    barGap: '15%',
    barMinHeight: 2,
    itemStyle: { color, borderRadius: 2 },
    ...still,
    data: lines.map((each) => ({
      value: value(each) ?? 0,
      label: { ...label, show: true, position: 'right' as const, formatter: () => usd(value(each)) },
    })),
  });
  return {
    title: 'The cost by model and lane, and the cost of the same tokens in the realtime lane',
    height: 48 * lines.length + 12,
    option: {
      grid: grid({ left: 12, right: 90 }),
      xAxis: { type: 'value', show: false, min: 0, max: most || 1 },
      yAxis: {
        type: 'category' as const,
        inverse: true,
        data: lines.map(laneName),
        ...noTicks,
        axisLabel: { ...label, color: ink, width: width < roomy ? 110 : 300, overflow: 'break' as const },
      },
      series: [bar('var(--accent)', ({ usd: paid }) => paid), bar('var(--wait)', ({ realtimeUsd }) => realtimeUsd)],
    },
    tips: (series, index) =>
      lines[index] &&
      `${laneName(lines[index])}: ${usd(series === 0 ? lines[index].usd : lines[index].realtimeUsd)} ${series === 0 ? 'paid' : 'in the realtime lane'}`,
  };
}
