// What `report.html` says: the report's own numbers, nothing that could be taken for markup, and nothing of anybody else's.

import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { ResultLine } from '../../domain/outcome/merge.ts';
import { noAnomalies } from '../../domain/outcome/outcome.ts';
import { BatchFigures } from '../../domain/report/report.ts';
import { Spans } from '../../domain/report/spans.ts';
import { usd } from '../../report/figures.ts';
import { html } from '../../report/html.ts';
import { renderPage } from '../../report/page.ts';
import { buildCharts, gatherPageFacts } from '../../report/page-facts.ts';
import { folderWith } from '../activities/plan/planning.ts';
import { answerLine, errorLine, runWhole } from '../activities/whole-job.ts';
import { reportWith } from '../domain/report/report-with.ts';
import { endedJob, eventfulJob, failedJob, largeJob, makeTally } from './sample-job.ts';

/** What a person reads: tags gone, so that no number is found in a drawing. */
const textOf = (page: string): string =>
  page
    .replace(/<(style|svg)[\s\S]*?<\/\1>/g, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

/** The cells of the table with this caption, line by line. */
function cellsOf(page: string, caption: string): string[][] {
  const table = page.split(`<caption>${caption}</caption>`)[1]?.split('</table>')[0]?.split('<tbody>')[1] ?? '';
  return [...table.matchAll(/<tr>(.*?)<\/tr>/g)].map((row) =>
    [...(row[1] ?? '').matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/g)].map((cell) => (cell[1] ?? '').replace(/<[^>]*>/g, '')),
  );
}

test('whatever is put into a template is text, unless a template made it', () => {
  const inner = html`<b>${'<i>"&\''}</b>`;
  expect(html`<p title="${'">'}">${[inner, null, false, 7]}</p>`.toString()).toBe(
    '<p title="&quot;&gt;"><b>&lt;i&gt;&quot;&amp;&#39;</b>7</p>',
  );
});

test('the page asks nothing of any host, runs nothing, and shows names as they are', async () => {
  const { page } = await eventfulJob();
  const addresses = [...page.matchAll(/\b(?:src|href)="([^"]*)"/g)].map((match) => match[1]);
  expect(addresses).toEqual([
    'data:,',
    'results.jsonl',
    'failures.jsonl',
    'in-doubt.jsonl',
    'rejects.jsonl',
    'report.json',
  ]);
  expect(page).not.toMatch(/https?:|\burl\(|<script|<link(?! rel="icon")|@import|\son\w+=|<iframe|<object/i);
  expect(page).toContain('&lt;b&gt;a model with a very long &amp; unfriendly name&lt;/b&gt;');
  expect(page).not.toMatch(/<b>|<i>x/);
  expect(page).not.toMatch(/undefined|NaN|\[object/);
});

test('the numbers shown are those of report.json', async () => {
  const { page, report, folder } = await eventfulJob();
  expect(JSON.parse(folder.text('report.json'))).toEqual(report);
  const { rows, errorsByReason, attempts, anomalies, cost, quality } = report;
  const said = (count: number): string => count.toLocaleString('en-US');
  expect(cellsOf(page, 'Rows by outcome').map(([, count]) => count)).toEqual(
    [rows.answered, rows.failed, rows.refused].map(said),
  );
  expect(
    Object.fromEntries(cellsOf(page, 'Failed rows by reason').map(([reason, count]) => [reason, Number(count)])),
  ).toEqual(errorsByReason);
  expect(cellsOf(page, 'Rows by how many times they were sent').map(([, count]) => count)).toEqual(
    Object.values(attempts).map(said),
  );
  expect(quality).toEqual({ answers: 18 * 479 + 360 + 60, flawed: { truncated: 192, refused: 5 } });
  expect(cellsOf(page, 'Answers that could not be used').map(([, count]) => Number(count))).toEqual([
    192, 5, 0, 0, 0, 0,
  ]);
  expect(anomalies).toEqual({
    ...noAnomalies,
    duplicateAnswers: 9,
    unknownAnswers: 2,
    missing: 3,
    twinBatches: 1,
    inDoubtCalls: 2,
  });
  expect(
    cellsOf(page, 'What the provider should not have done, and what a crash hid').map(([count]) => Number(count)),
  ).toEqual([9, 2, 3, 1, 2]);
  expect(cellsOf(page, 'By model and lane; an item that was sent twice counts twice').at(-1)?.slice(-2)).toEqual([
    usd(cost.usd),
    usd(cost.realtimeUsd),
  ]);
  const text = textOf(page);
  expect(text).toContain(`${usd(cost.usd)} where the realtime lane alone would have cost ${usd(cost.realtimeUsd)}`);
  expect(text).toContain('row 431 $0.031');
  expect(report.inDoubtBatches).toEqual(['batch_2_1']);
  expect(text).toContain('batch_2_1');
});

test('the lines by model and lane add up to the whole', async () => {
  const { report } = await eventfulJob();
  const sum = (values: readonly (number | null)[]): number =>
    values.reduce<number>((all, value) => all + (value ?? 0), 0);
  expect(sum(report.cost.byModelAndLane.map(({ usd: paid }) => paid))).toBeCloseTo(report.cost.usd ?? 0, 9);
  expect(sum(report.cost.byModelAndLane.map(({ realtimeUsd }) => realtimeUsd))).toBeCloseTo(
    report.cost.realtimeUsd ?? 0,
    9,
  );
});

test('of 600 batches the 200 longest have bars, which is said, and neither file grows with the rest', async () => {
  const { page, report } = await largeJob(600);
  expect(textOf(page)).toContain('The plot shows the 200 longest of 600.');
  expect(report.batches.count).toBe(600);
  const wide =
    page.split('<div class="wide">').find((part) => part.includes('each bar runs from creation to end')) ?? '';
  expect([...(wide.split('</svg>')[0] ?? '').matchAll(/fill="var\(--wave1\)"/g)]).toHaveLength(200);
  expect(page.length).toBeLessThan(300_000);
  expect(JSON.stringify(report).length).toBeLessThan(5_000);
});

test('a report that is written again is the same to the byte', async () => {
  const [first, second] = [await eventfulJob(), await eventfulJob()];
  expect(second.page === first.page).toBe(true);
});

test('a job has its page and its end even where nothing can be drawn', () => {
  const facts = gatherPageFacts(
    { name: 'tickets', dataset: 'rows.jsonl', provider: 'openai', model: null },
    reportWith({
      rows: { rows: 0, accepted: 0, refused: 0, duplicates: 0, carriedOver: 0, answered: 0, failed: 0 },
      attempts: {},
    }),
    new Spans(0),
    new BatchFigures(),
  );
  expect(buildCharts(facts)).toEqual({});
  expect(textOf(renderPage(facts, {}))).toContain('Of 0 rows in the dataset.');
});

test('jobs of one batch, of nothing but failures, and of no known cost have a page as well', async () => {
  const one = await endedJob([makeTally(1, 1)]);
  expect(textOf(one.page)).toContain('Every row has its answer');
  const none = await failedJob();
  expect(textOf(none.page)).toMatch(/none, cancelled .* Cost unknown .* Fix the key \(1,500 rows\)/);
  for (const { page } of [one, none]) expect(page).not.toMatch(/undefined|NaN|Infinity/);
});

test('unknown costs are counted next to known ones, by model and lane', async () => {
  const unpriced = { items: 40, usd: 0.02 };
  const { page, report } = await endedJob([makeTally(1, 1, { unpriced }), makeTally(1, 2)], {}, { unpricedRows: 39 });
  const text = textOf(page);
  expect(report.cost).toMatchObject({ unpricedRows: 39, unpricedUsd: 0.02 });
  expect(text).toContain('and 39 rows of unknown cost');
  expect(text).toContain('The cost of 39 rows is not wholly known');
  expect(text).toContain('It was estimated at $0.02.');
  const [line] = cellsOf(page, 'By model and lane; an item that was sent twice counts twice');
  expect(line?.slice(0, 4)).toEqual(['priced', 'batch', '1,000', '40']);
  const { page: whole } = await endedJob([makeTally(1, 1)]);
  expect(textOf(whole)).not.toMatch(/unknown cost|not wholly known/);
});

test('of a whole job the page knows rows by number only: no id, prompt, answer or message of a row', async () => {
  const rows = Array.from({ length: 12 }, (_, index) => ({ id: `customer-${index}`, text: `PROMPT ${index}` }));
  const folder = await folderWith(rows, { id: 'id', batch: { maxItems: 5, maxBytes: 1e8, concurrency: 5 } });
  const { report } = await runWhole(
    folder,
    (_, __, items) =>
      items.map(({ customId, row }) =>
        row % 4 === 0 ? errorLine(customId, 400) : answerLine(customId, `ANSWER ${row}`, row === 5 ? 'length' : 'stop'),
      ),
    { plots: true },
  );
  const page = folder.text('report.html');
  const results = folder.lines<ResultLine>('results.jsonl');
  expect(page).not.toMatch(/customer-|PROMPT|ANSWER/);
  for (const { key, customId } of results) {
    expect(page).not.toContain(key);
    expect(page).not.toContain(customId);
  }
  // Cut twice, so paid twice, once of it in the realtime lane or not: the most expensive of all.
  expect(report.dearestRows[0]?.row).toBe(5);
  expect(report.dearestRows.map(({ usd: cost }) => cost)).toEqual(
    results
      .map(({ costUsd }) => costUsd ?? 0)
      .filter((cost) => cost > 0)
      .sort((a, b) => b - a),
  );
  expect(report.quality).toEqual({ answers: 10, flawed: { truncated: 2 } });
  expect(report.files.page).toBe('runs/test/report.html');
  expect(existsSync(`${folder.root}/${report.files.page}`)).toBe(true);
});
