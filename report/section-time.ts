// When the batches ran: each with its wait, how many at the same time, how long they took, and which were slow.

import { type BatchSpan, measureSpan } from '../domain/report/spans.ts';
import type { Drawn } from './chart.ts';
import { nameBatch, pickColor } from './charts-of-time.ts';
import { count, counted, duration, share, usd } from './figures.ts';
import { type Content, type Html, html } from './html.ts';
import type { PageFacts } from './page-facts.ts';
import { figure, legend, table } from './table.ts';

export function batches(facts: PageFacts, plots: Drawn): Html {
  const { report, spans } = facts;
  const { count: made, realtime, polls } = report.batches;
  return html`<section class="long" aria-labelledby="batches"><h2 id="batches">Batches in time</h2>
<p class="soft">${counted(made, 'provider batch', 'provider batches')}${
    realtime > 0 && `, ${counted(realtime, 'part', 'parts')} in the realtime lane`
  }, looked at ${counted(polls, 'time', 'times')}. ${whatIsShown(spans)}</p>
${figure(plots, 'spans', {
  legend: spanLegend(spans.shown),
  caption: 'Time since the job began. The wait before a batch counts from the moment its wave could begin.',
  tall: spans.shown.length > 30,
})}
${spans.count > 8 && figure(plots, 'open', { legend: html`<h3>Open at the same time</h3>` })}
${durations(facts, plots)}
${slowest(spans.slowest)}</section>`;
}

function whatIsShown({ count: known, unknown, shown }: PageFacts['spans']): string {
  const said = [
    known > shown.length && `The plot shows the ${count(shown.length)} longest of ${count(known)}.`,
    unknown > 0 &&
      `${counted(unknown, 'batch has', 'batches have')} no times (never created, or never seen to end) and no bar.`,
  ];
  return said.filter((one) => one !== false).join(' ');
}

const legendNames = {
  wave1: 'first wave',
  wave2: 'wave 2',
  wave3: 'wave 3',
  later: 'later waves',
  realtime: 'realtime lane',
} as const;

function spanLegend(spans: readonly BatchSpan[]): Content {
  const colors = new Set(spans.map(pickColor));
  const waited = spans.some(({ waitingSince, createdAt }) => waitingSince !== null && waitingSince < createdAt);
  const entries = Object.entries(legendNames).filter(([color]) => colors.has(color as keyof typeof legendNames));
  return legend([...(waited ? ([['wait', 'waiting']] as const) : []), ...entries]);
}

function durations({ report }: PageFacts, plots: Drawn): Content {
  const { completionMs } = report.batches;
  if (completionMs === null) return null;
  const about = { p50: 'half', p95: '95 of 100', p99: '99 of 100' } as const;
  return html`<h3>How long a batch took</h3>
${figure(plots, 'durations')}
<div class="short">${table(
    'From creation to end, batch lane',
    [{ name: 'batches' }, { name: 'done within', numeric: true }],
    (['p50', 'p95', 'p99'] as const).map((name) => [`${about[name]} (${name})`, duration(completionMs[name])]),
  )}</div>`;
}

function slowest(spans: readonly BatchSpan[]): Content {
  if (spans.length < 2) return null;
  return html`<h3>Slowest batches</h3>
${table(
  'From creation to end',
  [
    { name: 'batch' },
    { name: 'took', numeric: true },
    { name: 'waited', numeric: true },
    { name: 'polls', numeric: true },
    { name: 'answered', numeric: true },
    { name: 'cost', numeric: true },
  ],
  spans.map((span) => [
    html`<span class="named">${nameBatch(span)}${span.batchId !== null && html`<br><code class="soft">${span.batchId}</code>`}</span>`,
    duration(measureSpan(span)),
    span.waitingSince === null ? '–' : duration(span.createdAt - span.waitingSince),
    span.lane === 'batch' ? count(span.polls) : '–',
    share(span.answered, span.items),
    usd(span.usd),
  ]),
)}`;
}
