// What a report advises: nothing for a whole job, the right next step for each reason, and nothing that would pay twice unsaid.

import { expect, test } from 'vitest';
import { itemReasons, noAnomalies } from '../../../domain/outcome/outcome.ts';
import { noUsage } from '../../../domain/outcome/usage.ts';
import { buildAdvice } from '../../../domain/report/advice.ts';
import type { JobReport } from '../../../domain/report/report.ts';
import { reportWith } from './report-with.ts';

test('a whole job leaves nothing to do', () => {
  expect(buildAdvice(reportWith()).map(({ kind }) => kind)).toEqual(['done']);
});

test.each(itemReasons)('a job that failed by %s is told how to continue', (reason) => {
  const advice = buildAdvice(reportWith({ errorsByReason: { [reason]: 3 } }));
  // What is in doubt is only looked at: no job that is advised sends it together with what failed.
  expect(advice.filter(({ kind }) => kind === 'rerun')).toHaveLength(reason === 'in_doubt' ? 0 : 1);
  expect(advice.map(({ title }) => title).join()).toContain('3 rows');
});

test('passing trouble is asked again under `reuse`, and a request that must change goes alone', () => {
  const [passing] = buildAdvice(reportWith({ errorsByReason: { rate_limited: 2 } }));
  expect(passing).toMatchObject({
    kind: 'rerun',
    job: { output: 'runs/tickets-again/', reuse: 'runs/tickets/results.jsonl' },
  });
  const cut = buildAdvice(reportWith({ errorsByReason: { truncated: 1 } }));
  expect(cut.map(({ kind }) => kind)).toEqual(['change', 'rerun']);
  expect(cut[0]?.title).toBe('Allow longer answers (1 row)');
  expect(cut[1]?.job).toEqual({ dataset: 'runs/tickets/failures.jsonl', output: 'runs/tickets-fixed/' });
});

test('what is in doubt is looked at before anything is sent again, and paying twice is said', () => {
  const advice = buildAdvice(reportWith({ errorsByReason: { in_doubt: 4, timeout: 1 } }));
  expect(advice[0]).toMatchObject({
    kind: 'look',
    title: 'Look at the batches in doubt (4 rows)',
    text: expect.stringContaining('paid twice'),
    job: { dataset: 'runs/tickets/in-doubt.jsonl', output: 'runs/tickets-in-doubt/' },
  });
  expect(advice[1]).toMatchObject({ kind: 'rerun', title: 'Ask again for what may pass (1 row)' });
  const fixed = buildAdvice(reportWith({ errorsByReason: { in_doubt: 4, truncated: 1 } })).at(-1);
  expect(fixed?.title).toBe('Send the failed rows with a fixed request (1 row)');
  const calls = buildAdvice(reportWith({ anomalies: { ...noAnomalies, inDoubtCalls: 2, twinBatches: 1 } }));
  expect(calls.map(({ kind }) => kind)).toEqual(['look', 'look']);
});

test('keys and money come before the second try', () => {
  const titles = buildAdvice(reportWith({ errorsByReason: { unauthorized: 1, no_money: 1 } })).map(
    ({ title }) => title,
  );
  expect(titles).toEqual([
    'Fix the key (1 row)',
    'Add credit, or raise the spend limit (1 row)',
    'Ask again for what may pass (2 rows)',
  ]);
});

test('refused rows, unknown prices and answers that were cut at first are spoken of though nothing failed', () => {
  const { rows, cost } = reportWith();
  const advice = buildAdvice(
    reportWith({
      rows: { ...rows, refused: 2 },
      cost: { ...cost, usd: null },
      quality: { answers: 10, flawed: { truncated: 1 } },
    }),
  );
  expect(advice.map(({ kind }) => kind)).toEqual(['change', 'change', 'change']);
});

test('costs that are not known are spoken of: with tokens the price is missing, without them the usage', () => {
  const { cost } = reportWith();
  const titles = (change: Partial<JobReport>): string[] => buildAdvice(reportWith(change)).map(({ title }) => title);
  const bare = { ...cost, unpricedRows: 3, unpricedUsd: 0.5 };
  const compare = 'Compare the provider’s bill for what has no known cost (3 rows)';
  const [advice] = buildAdvice(reportWith({ cost: bare }));
  expect(advice).toMatchObject({ kind: 'look', title: compare, text: expect.stringContaining('$0.5000') });
  expect(titles({ cost: { ...bare, usd: null } })).toEqual([compare]);
  const tokens = { ...noUsage, input: 10, output: 2 };
  expect(titles({ cost: { ...bare, usd: null, unpricedUsd: null }, tokens })).toEqual([
    'Give the worker prices for this model',
  ]);
  expect(titles({ cost: { ...cost, unpricedRows: 0, unpricedUsd: 0 } })).toEqual(['Nothing']);
});
