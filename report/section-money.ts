// The cost: by model and lane next to the realtime lane's price, the most expensive rows by number, and the tokens.

import { describeForecast } from '../domain/money/forecast.ts';
import type { Drawn } from './chart.ts';
import { counted, share, tokens, usd } from './figures.ts';
import { type Content, type Html, html } from './html.ts';
import type { PageFacts } from './page-facts.ts';
import { figure, legend, table } from './table.ts';

export function cost({ report }: PageFacts, plots: Drawn): Html {
  const { usd: paid, realtimeUsd, savedUsd, byModelAndLane, pricesDated } = report.cost;
  // If no row has an unknown cost, the column would only hold zeros.
  const isWhole = byModelAndLane.every(({ unpriced = 0 }) => unpriced === 0);
  const lines = byModelAndLane.map((line): Content[] => [
    line.model,
    line.lane,
    line.items.toLocaleString('en-US'),
    ...(isWhole ? [] : [(line.unpriced ?? 0).toLocaleString('en-US')]),
    usd(line.usd),
    usd(line.realtimeUsd),
  ]);
  const total: Content[] = [
    html`<strong>all</strong>`,
    '',
    '',
    ...(isWhole ? [] : ['']),
    html`<strong>${usd(paid)}</strong>`,
    usd(realtimeUsd),
  ];
  return html`<section aria-labelledby="cost"><h2 id="cost">Cost</h2>
<p class="soft">${
    savedUsd !== null && realtimeUsd !== null && realtimeUsd > 0
      ? `${usd(paid)} where the realtime lane alone would have cost ${usd(realtimeUsd)}: ${usd(savedUsd)} (${share(Math.max(0, savedUsd), realtimeUsd)}) saved.`
      : 'The cost in the realtime lane is not known.'
  }${describeUnpriced(report.cost)}${describeHalfway(report.cost)} List prices of <span class="whole">${pricesDated}</span>.</p>
${figure(plots, 'cost', {
  legend: legend([
    ['accent', 'paid'],
    ['wait', 'the same tokens in the realtime lane'],
  ]),
})}
${
  lines.length > 0 &&
  table(
    'By model and lane; an item that was sent twice counts twice',
    [
      { name: 'model' },
      { name: 'lane' },
      { name: 'items', numeric: true },
      ...(isWhole ? [] : [{ name: 'of unknown cost', numeric: true }]),
      { name: 'paid', numeric: true },
      { name: 'in realtime', numeric: true },
    ],
    lines.length > 1 ? [...lines, total] : lines,
  )
}</section>`;
}

function describeUnpriced({ unpricedRows = 0, unpricedUsd = null }: PageFacts['report']['cost']): string | null {
  if (unpricedRows === 0) return null;
  const estimate = unpricedUsd === null ? '' : ` It was estimated at ${usd(unpricedUsd)}.`;
  return ` The cost of ${counted(unpricedRows, 'row', 'rows')} is not wholly known; what is unknown is in none of these sums.${estimate}`;
}

function describeHalfway({ forecast }: PageFacts['report']['cost']): string | null {
  if (forecast?.usd == null) return null;
  return ` When half of the batches had ended, the forecast was ${describeForecast(forecast, usd)}.`;
}

export function mostExpensiveRows({ report: { dearestRows, cost: whole } }: PageFacts): Content {
  if (dearestRows.length === 0) return null;
  const sum = dearestRows.reduce((total, row) => total + row.usd, 0);
  return html`<section aria-labelledby="expensive"><h2 id="expensive">Most expensive rows</h2>
<p class="soft">By number in the dataset, with what all their attempts cost.${
    whole.usd !== null &&
    whole.usd > 0 &&
    ` These ${counted(dearestRows.length, 'row', 'rows')}: ${share(sum, whole.usd)} of the whole.`
  }</p>
<ol class="dear">${dearestRows.map(({ row, usd: each }) => html`<li><span>row ${row.toLocaleString('en-US')}</span> <span>${usd(each)}</span></li>\n`)}</ol></section>`;
}

export function tokenTable({ report: { tokens: used } }: PageFacts): Html {
  const lines: [string, number | null][] = [
    ['input', used.input],
    ['of it read from the provider’s cache', used.cachedInput],
    ['of it written to the provider’s cache', used.cacheWrite],
    ...(used.cacheWrite1h === undefined ? [] : [['of that for an hour', used.cacheWrite1h] as [string, number]]),
    ...(used.imageInput === undefined ? [] : [['of it of images', used.imageInput] as [string, number]]),
    ['output', used.output],
    ['of it reasoning', used.reasoning],
  ];
  return html`<section aria-labelledby="tokens"><h2 id="tokens">Tokens</h2>
${table(
  'Over all attempts',
  [{ name: 'tokens' }, { name: 'count', numeric: true }],
  lines.map(([name, value]) => [name, tokens(value)]),
)}</section>`;
}
