// The results for the rows: outcomes, errors, attempts, the quality of answers, and anomalies.

import { messageByReason } from '../domain/outcome/classify.ts';
import type { Anomalies, ItemReason } from '../domain/outcome/outcome.ts';
import { flaws } from '../domain/report/report.ts';
import type { Drawn } from './chart.ts';
import { count, counted, share } from './figures.ts';
import { type Content, type Html, html } from './html.ts';
import type { PageFacts } from './page-facts.ts';
import { figure, legend, table } from './table.ts';

const counts = (name: string, of: string, part: string) => [
  { name },
  { name: of, numeric: true },
  { name: part, numeric: true },
];

export function outcomes({ report: { rows } }: PageFacts, plots: Drawn): Html {
  const lines: [string, number, string][] = [
    ['answered', rows.answered, ''],
    ['failed', rows.failed, ''],
    ['refused before anything was sent', rows.refused, ''],
  ];
  const among = [
    rows.duplicates > 0 &&
      `${counted(rows.duplicates, 'row shares', 'rows share')} an earlier row’s item and cost nothing`,
    rows.carriedOver > 0 && `${counted(rows.carriedOver, 'row was', 'rows were')} carried over from an earlier job`,
    (rows.carriedInDoubt ?? 0) > 0 && `${count(rows.carriedInDoubt ?? 0)} of these in doubt`,
  ].filter((one) => one !== false);
  return html`<section aria-labelledby="outcomes"><h2 id="outcomes">Outcomes</h2>
<p class="soft">Of ${counted(rows.rows, 'row', 'rows')} in the dataset.${among.length > 0 && ` Among them: ${among.join('; ')}.`}</p>
${figure(plots, 'outcomes', {
  legend: legend([
    ['good', 'answered'],
    ['bad', 'failed'],
    ['warn', 'refused'],
  ]),
})}
${table(
  'Rows by outcome',
  counts('outcome', 'rows', 'share'),
  lines.map(([name, value]) => [name, count(value), share(value, rows.rows)]),
)}</section>`;
}

export function errors({ report: { errorsByReason, rows } }: PageFacts, plots: Drawn): Content {
  const reasons = Object.entries(errorsByReason).toSorted(([, a], [, b]) => b - a);
  if (reasons.length === 0) return null;
  return html`<section aria-labelledby="errors"><h2 id="errors">Errors by reason</h2>
<p class="soft">A failed row has the reason of its last attempt. Rows that are <code>in_doubt</code> are in <code>in-doubt.jsonl</code>, the others in <code>failures.jsonl</code>.</p>
${reasons.length > 1 && figure(plots, 'errors')}
${table(
  'Failed rows by reason',
  [...counts('reason', 'rows', 'of failed'), { name: 'what happened' }],
  reasons.map(([reason, value]) => [
    html`<code>${reason}</code>`,
    count(value),
    share(value, rows.failed),
    messageByReason[reason as ItemReason],
  ]),
)}</section>`;
}

export function attemptCounts({ report: { attempts } }: PageFacts, plots: Drawn): Content {
  const sent = Object.entries(attempts);
  const total = sent.reduce((sum, [, rows]) => sum + rows, 0);
  if (total === 0) return null;
  return html`<section aria-labelledby="attempts"><h2 id="attempts">Attempts</h2>
<p class="soft">How many times a row’s item was sent until it was answered or given up. 0: carried over, or never sent.</p>
${figure(plots, 'attempts')}
${table(
  'Rows by how many times they were sent',
  counts('sent', 'rows', 'share'),
  sent.map(([times, rows]) => [counted(Number(times), 'time', 'times'), count(rows), share(rows, total)]),
)}</section>`;
}

const flawNames = {
  truncated: 'cut at the token limit',
  refused: 'refused by the model',
  filtered: 'withheld by the provider’s filter',
  empty_output: 'empty',
  invalid_output: 'against the schema',
  paused_turn: 'paused in the middle of a turn',
} as const satisfies Record<(typeof flaws)[number], string>;

export function quality({ report }: PageFacts): Content {
  const { answers, flawed } = report.quality;
  if (answers === 0) return null;
  return html`<section aria-labelledby="quality"><h2 id="quality">Quality of answers</h2>
<p class="soft">${counted(answers, 'answer', 'answers')} came back, over all attempts. These could not be used, whether or not the row was answered later.</p>
${table(
  'Answers that could not be used',
  counts('answer', 'answers', 'share'),
  flaws.map((flaw) => [flawNames[flaw], count(flawed[flaw] ?? 0), share(flawed[flaw] ?? 0, answers)]),
)}</section>`;
}

const oddities = {
  duplicateAnswers: 'answers to an item that had one already; the first was kept',
  unknownAnswers: 'answers to items that the batch does not have',
  unreadableLines: 'lines of output that could not be read',
  missing: 'items without a line in the output; they were sent again while rounds were left',
  paidWithoutAnswer:
    'items that ran, as far as is known, and were sent again because their answer could not be read anywhere',
  twinBatches: 'further provider batches found for one submission; they were cancelled',
  inDoubtCalls:
    'realtime calls without a reply, or in flight when a worker died; they were sent again and may be billed twice',
} as const satisfies Record<keyof Anomalies, string>;

export function anomalies({ report }: PageFacts): Html {
  const seen = Object.entries(oddities).filter(([name]) => report.anomalies[name as keyof Anomalies] > 0);
  const { inDoubtBatches, errorsByReason } = report;
  const doubted = errorsByReason.in_doubt ?? 0;
  return html`<section aria-labelledby="oddities"><h2 id="oddities">Oddities</h2>
${
  seen.length === 0 && doubted === 0
    ? html`<p class="soft">None: no answer came twice, none was missing or unasked for, no batch was made twice, and nothing is in doubt.</p>`
    : html`<p class="soft">Counted and dealt with; none of them stopped the job.</p>`
}
${
  seen.length > 0 &&
  table(
    'What the provider should not have done, and what a crash hid',
    [{ name: 'count', numeric: true }, { name: 'of what' }],
    seen.map(([name, text]) => [count(report.anomalies[name as keyof Anomalies]), text]),
  )
}
${
  doubted > 0 &&
  html`<h3>In doubt</h3><p>It is not known whether the provider ran ${counted(doubted, 'row', 'rows')}; <code>in-doubt.jsonl</code> names the batch and the request of each. ${
    inDoubtBatches.length > 0 && 'The provider’s batches:'
  }</p><ul class="plain">${inDoubtBatches.map((id) => html`<li><code>${id}</code></li>`)}</ul>`
}</section>`;
}
