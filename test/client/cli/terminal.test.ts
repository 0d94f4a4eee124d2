// The output on a terminal and in a log: bars, lines, tables and facts, on streams that only record.

import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { factsText, rowsText } from '../../../client/cli/print/table.ts';
import { endLine, estimateFacts, progressLine, reportFacts, statusFacts } from '../../../client/cli/print-job.ts';
import { progressOn } from '../../../client/cli/progress.ts';
import { reportWith } from '../../domain/report/report-with.ts';
import { jobStatus, type RecordingStream, recordingStream } from './fake-terminal.ts';

const status = jobStatus;

function stream(isTTY: boolean, columns = 120): RecordingStream {
  const { stream, text } = recordingStream({ isTTY, columns });
  return { stream, text: () => stripVTControlCharacters(text()) };
}

/** A minute after the job's start. */
const now = (): number => 60_000;

test('bars show rows, batches, cost and time, and alerts once', () => {
  const terminal = stream(true);
  const progress = progressOn(terminal.stream, now);
  progress.show({ ...status, alerts: ['batch 7 is late'] });
  progress.show({ ...status, alerts: ['batch 7 is late'] });
  progress.say('no worker polls');
  const text = terminal.text();
  progress.stop();
  const below = text.slice(text.indexOf('no worker polls'));
  for (const bar of ['rows', 'batches', 'cost', 'time']) expect(below).toContain(bar);
  expect(text).toMatch(/rows\s+█{7,8}░+\s+25% 500 of 2,000 answered, 10 failed/);
  expect(text).toMatch(/batches\s+█{7,8}░+\s+25% 10 running, 5 not started, next poll in 30s/);
  expect(text).toMatch(/cost\s+█{7,8}░+\s+25% \$0\.2500 of \$1\.00 estimated/);
  expect(text).toMatch(/time\s+1m elapsed, ends in about 59m/);
  expect(text.match(/batch 7 is late/g)).toHaveLength(1);
  expect(text.match(/no worker polls/g)).toHaveLength(1);
});

test('the bar of rows moves with what the provider has done inside its batches', () => {
  const terminal = stream(true);
  const progress = progressOn(terminal.stream, now);
  progress.show({ ...status, progress: 0.6 });
  progress.stop();
  expect(terminal.text()).toMatch(/rows\s+█{17,18}░+\s+60% 500 of 2,000 answered, 690 done at the provider, 10 failed/);
});

test('bars fit a terminal of 80 columns', () => {
  const terminal = stream(true, 80);
  const progress = progressOn(terminal.stream, now);
  const many = {
    ...status.batches,
    byStage: { running: 104, validating: 12 },
    notStarted: 1200,
    done: 0,
    planned: 1316,
  };
  progress.show({ ...status, batches: many, progress: 0.6 });
  progress.stop();
  // The cursor goes up to the first bar again without an end of line.
  const lines = terminal.text().split(/(?=rows {4})|\n/);
  const widths = lines.map((line) => line.length);
  expect(Math.max(...widths)).toBeGreaterThan(60);
  expect(Math.max(...widths)).toBeLessThanOrEqual(80);
});

test('nothing of the bars is left behind a message of more than one line, and nothing of the message is erased', () => {
  const { stream: terminal, text } = recordingStream({ isTTY: true, columns: 60 });
  const progress = progressOn(terminal, now);
  progress.show(status);
  const erase = `${String.fromCodePoint(27)}[K`;
  progress.say(`${'x'.repeat(60)} another line`);
  progress.stop();
  expect(text()).toContain(`${erase}${'x'.repeat(60)}\n${erase}another line\n`);
});

test.each([20, 40, 80])('bars and messages fit a terminal of %i columns', (columns) => {
  const { stream: terminal, text } = recordingStream({ isTTY: true, columns });
  const progress = progressOn(terminal, now);
  progress.show({ ...status, alerts: ['a batch is over 30 minutes in validating, and nothing else has moved'] });
  progress.say('no worker polls task queue nightshift: npm run dev -- --worker');
  progress.stop();
  // The cursor is moved between two lines.
  const lines = text()
    .split(/\n|\r/)
    .flatMap((line) => line.split('\u001b'))
    .map((line) => line.replace(/^\[[\d;?]*[A-Za-z]/, ''));
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(columns);
  expect(lines.join(' ')).toMatch(/task\s+queue/);
  for (const name of ['rows', 'batches', 'cost', 'time']) expect(lines.join('\n')).toContain(`${name} `);
});

test('a time that has come is said in words', () => {
  const terminal = stream(true);
  const progress = progressOn(terminal.stream, now);
  progress.show({ ...status, nextLookAt: now() - 5, estimatedEndAt: now() + 400 });
  progress.stop();
  expect(terminal.text()).toContain('10 running, 5 not started, next poll now');
  expect(terminal.text()).toContain('1m elapsed, ends soon');
});

test('a bar of cost goes by the budget where there is one, and says where no estimate is known', () => {
  const terminal = stream(true);
  const progress = progressOn(terminal.stream, now);
  progress.show({ ...status, budgetUsd: 5, pause: { reason: 'budget', since: 0, note: 'raise it' } });
  progress.show({ ...status, costUsd: null, unpriced: 4 });
  progress.show({ ...status, costUsd: null, estimateUsd: null });
  progress.stop();
  expect(terminal.text()).toContain('$0.2500 of $5.00 budget');
  expect(terminal.text()).toContain('unknown of $1.00 estimated');
  expect(terminal.text()).toContain('paused: raise it');
  expect(terminal.text()).toContain('no estimate is known');
});

test('a log gets a line only where the line has changed', () => {
  const log = stream(false);
  const progress = progressOn(log.stream);
  progress.show(status);
  progress.show({ ...status, nextLookAt: 100_000, estimatedEndAt: 3_700_000 });
  progress.show({ ...status, items: { ...status.items, answered: 600 } });
  progress.stop();
  expect(log.text()).toBe(
    'running: 500 of 2000 rows answered, 10 failed, batches 5 of 20 done, $0.2500\n' +
      'running: 600 of 2000 rows answered, 10 failed, batches 5 of 20 done, $0.2500\n',
  );
});

test('a table has its columns below their names, and facts stand below each other without what is unknown', () => {
  const rows = [
    { id: 'a', state: 'running', cost: null },
    { id: 'longer', state: 'done', cost: '$1.00' },
  ];
  const { text } = rowsText(rows, 80);
  expect(stripVTControlCharacters(text)).toBe(
    ['id      state    cost', 'a       running  -', 'longer  done     $1.00'].join('\n'),
  );
  expect(stripVTControlCharacters(factsText({ phase: 'running', why: null, wave: 1 }, 80))).toBe(
    'phase  running\nwave   1',
  );
});

test('the facts of a status and of an estimate are in words', () => {
  expect(statusFacts(status, 'tickets', 60_000)).toMatchObject({
    wave: '1 (first)',
    'running for': '1m',
    rows: '500 answered, 990 in progress, 500 not started, 10 failed',
    reasons: '10 truncated',
    'rows refused': 3,
    batches: '20 planned: 10 running, 5 done, 5 not started',
    limits: '10 batches at the same time; 20h for a batch, no deadline for the job, then fallback',
    cost: '$0.2500 so far, $1.00 estimated',
    'next poll': 'in about 30s',
    'estimated end': 'in about 59m',
  });
  const unknownOutput = { outputTokens: null, lowOutputTokens: null, highOutputTokens: null };
  const forecast = { usd: 0.75, lowUsd: 0.5, highUsd: 1, basis: 3, ...unknownOutput };
  expect(statusFacts({ ...status, forecast }, 'tickets', 0).forecast).toBe('$0.7500 ($0.5000 to $1.00), by 3 items');
  expect(statusFacts(status, 'tickets', 0).forecast).toBeNull();
  expect(statusFacts({ ...status, nextLookAt: 60_062 }, 'tickets', 60_000)['next poll']).toBe('now');
  const items = { ...status.items, byReason: { in_doubt: 4 } };
  expect(statusFacts(status, 'tickets', 0)['in doubt']).toBeNull();
  const open = statusFacts({ ...status, items }, 'tickets', 0)['in doubt'];
  expect(open).toContain('retry tickets --reason in_doubt');
  const settled = { ...items, underWay: 0, notStarted: 0, toRetry: 0 };
  const done = statusFacts({ ...status, items: settled, phase: 'done' }, 'tickets', 0)['in doubt'];
  expect(done).toContain('runs/tickets/in-doubt.jsonl');
  const rows = { rows: 10, accepted: 9, refused: 1, duplicates: 0, carriedOver: 0 };
  const counts = { rows, batches: 2, items: 9, realtimeBatches: 1, inputTokens: 5000, outputTokens: 900 };
  const choice = { mode: 'hybrid', upTo: 1200, usd: 2, reasons: ['one', 'two'] } as const;
  const money = { usd: 1.5, realtimeUsd: 3, pricesDated: '2026-11-20', budgetUsd: null, choice };
  expect(estimateFacts({ ...counts, ...money, caveats: ['a', 'b'] })).toMatchObject({
    batches: '2, 1 of them in realtime',
    cost: '$1.50',
    'all in realtime': '$3.00',
    saved: '$1.50 (50%)',
    budget: null,
    'best mode': 'hybrid with `route.upTo` 1,200, for $2.00',
    because: ['one', 'two'],
    caveats: ['a', 'b'],
    tokens: 'about 5,000 in, at most 900 out',
  });
  const expectedTokens = { likely: 4800, low: 4700, high: 4900 };
  expect(estimateFacts({ ...counts, ...money, expectedTokens, caveats: [] }).tokens).toBe(
    'about 4,800 (4,700 to 4,900) in, at most 900 out',
  );
  const budgets = [10, 1.25].map((budgetUsd) => estimateFacts({ ...counts, ...money, budgetUsd, caveats: [] }).budget);
  expect(budgets).toEqual([
    '$10.00: the job takes 15% of it',
    '$1.25: too small by $0.2500; the job pauses when it is used up',
  ]);
  for (const usd of [4, 3, 3.00001, 2.99999]) {
    expect(estimateFacts({ ...counts, ...money, usd, caveats: [] }).saved).toBeNull();
  }
  expect(estimateFacts({ ...counts, ...money, usd: 1.5, mostUsd: 4, caveats: [] }).cost).toBe(
    '$1.50 (at most $2.50 more)',
  );
  for (const mostUsd of [1.5, null]) {
    expect(estimateFacts({ ...counts, ...money, usd: 1.5, mostUsd, caveats: [] }).cost).toBe('$1.50');
  }
  const unknown = { ...counts, ...money, outputTokens: null, usd: null, realtimeUsd: null, caveats: [] };
  expect(estimateFacts(unknown)).toMatchObject({
    tokens: 'about 5,000 in, an unknown number out',
    cost: 'unknown',
    saved: null,
  });
});

test('a cost that is not wholly known says so, in the progress, the status and the report', () => {
  const bare = { ...status, unpriced: 7 };
  expect(progressLine(bare)).toContain('$0.2500 and 7 attempts of unknown cost');
  expect(statusFacts(bare, 'tickets', 0)).toMatchObject({
    cost: '$0.2500 and 7 attempts of unknown cost so far, $1.00 estimated',
  });
  expect(statusFacts({ ...status, mostUsd: 1.25, budgetUsd: 3 }, 'tickets', 0).cost).toBe(
    '$0.2500 so far, $1.00 estimated (at most $0.2500 more), budget $3.00',
  );
  expect(statusFacts({ ...status, costUsd: null, estimateUsd: null }, 'tickets', 0).cost).toBe(
    '$0.0000 so far, no estimate',
  );
  const { cost, ...report } = reportWith();
  const some = { ...report, cost: { ...cost, unpricedRows: 1, unpricedUsd: 2 } };
  expect(reportFacts(some)).toMatchObject({ cost: '$1.00 and 1 row of unknown cost, 50% less than in realtime' });
  expect(endLine(some)).toContain('$1.00 and 1 row of unknown cost');
  expect(endLine({ ...report, cost })).not.toContain('unknown');
});

test('the end of a job names the rows that were refused, and says in words that no row has an answer', () => {
  const report = reportWith();
  const rows = { ...report.rows, answered: 5, failed: 0, refused: 7 };
  expect(endLine({ ...report, rows })).toMatch(/: 5 answered, 0 failed, 7 refused, \$/);
  expect(endLine({ ...report, rows: { ...rows, refused: 0 } })).not.toContain('refused');
  expect(endLine({ ...report, verdict: 'none' })).toMatch(/^no answers in /);
  expect(reportFacts({ ...report, verdict: 'none', cancelled: true }).verdict).toBe('no answers (cancelled)');
});
