// A row that goes beyond what a program can hold is refused, and says what to do. Any other error is passed on.

import { expect, test } from 'vitest';
import type { JobFile, JobSpec } from '../../domain/job.ts';
import type { Dialect } from '../../providers/dialects/dialect.ts';
import { createDialect } from '../../providers/dialects/registry.ts';
import { rowReader } from '../../threads/tasks/row-reader.ts';
import { openaiOffline } from '../activities/plan/planning.ts';

/** Reads a row that puts a list into its request. A dialect looks for problems in such a request. */
function readWith(findProblems: Dialect['findProblems']) {
  const spec: Partial<JobSpec> = {
    model: 'm',
    request: { messages: '{{ messages }}' },
    endpoint: null,
    schema: null,
    budgetUsd: null,
    dataset: { uri: 'x', format: 'jsonl', id: null, limit: null },
    batch: { maxItems: 10, maxBytes: 10_000, concurrency: 1 },
    fallback: { lane: 'none', maxUsd: null },
  };
  const job = { spec, prices: {} } as Pick<JobFile, 'spec' | 'prices'>;
  const record = { messages: [] };
  const dialect = { ...createDialect(openaiOffline.dialect), findProblems };
  return rowReader(job, dialect)({ row: 1, record, raw: Buffer.from(JSON.stringify(record)) } as never);
}

const callDeeper = (): never => callDeeper();

test.for<[string, () => unknown, string, RegExp]>([
  ['joins too long a text', () => 'x'.repeat(2 ** 29), 'rendering_too_large', /shorten the row/],
  [
    'decodes too long a text',
    () => Buffer.allocUnsafeSlow(2 ** 29).toString(),
    'rendering_too_large',
    /shorten the row/,
  ],
  ['makes too long a list', () => new Array(2 ** 32), 'rendering_too_large', /shorten the row/],
  ['calls too deep', callDeeper, 'template_failed', /nested too deeply/],
])('a row is refused whose rendering %s', ([, exceed, reason, message]) => {
  const read = readWith(() => [String(exceed())]);
  expect(read).toEqual({ reason, message: expect.stringMatching(message) });
});

test('an error of the program is not the fault of the row', () => {
  const broken = (): never => {
    throw new TypeError('no such function');
  };
  expect(() => readWith(broken)).toThrow('no such function');
});
