// Rows that share requests: each has its own vector and its share of the cost, and what went wrong with one request concerns its rows alone.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ResultLine } from '../../domain/outcome/merge.ts';
import { shareTokens } from '../../domain/plan/joint-requests.ts';
import { jointFolder } from './joint-folder.ts';
import { folderWith } from './plan/planning.ts';
import { errorLine, runWhole, unrunLine } from './whole-job.ts';

const perRequest = 10;
const vectorOf = (row: number): number[] => [row, row / 2];

interface Asked {
  readonly customId: string;
  readonly rows: readonly number[];
}

/** The provider answers a request under the custom id of its first row. */
function group<Item extends { customId: string; row: number }>(items: readonly Item[], size: number): Asked[] {
  return items.flatMap((item, index) =>
    index % size === 0
      ? [{ customId: item.customId, rows: items.slice(index, index + size).map(({ row }) => row) }]
      : [],
  );
}

function answer({ customId, rows }: Asked, tokens: number, encode: (vector: number[]) => unknown = (vector) => vector) {
  // The entries may come in any order.
  const data = rows.map((row, index) => ({ object: 'embedding', index, embedding: encode(vectorOf(row)) })).reverse();
  const body = { object: 'list', model: 'priced', data, usage: { prompt_tokens: tokens, total_tokens: tokens } };
  return JSON.stringify({ custom_id: customId, response: { status_code: 200, body }, error: null });
}

const toBase64 = (vector: number[]): string => Buffer.from(Float32Array.from(vector).buffer).toString('base64');

test.each([
  ['numbers', undefined],
  ['base64', toBase64],
] as const)('each row gets its vector (%s), and the parts of tokens and cost add up', async (_, encode) => {
  const folder = await jointFolder(25, perRequest);
  const { summary, tallies } = await runWhole(folder, (__, ___, items) =>
    group(items, perRequest).map((asked) => answer(asked, 33, encode)),
  );
  const results = folder.lines<ResultLine>('results.jsonl');
  expect(results.map(({ row, output }) => [row, output])).toEqual(
    Array.from({ length: 25 }, (__, index) => [index + 1, vectorOf(index + 1)]),
  );
  const inputs = results.map(({ usage }) => usage?.input ?? 0);
  expect(inputs.reduce((sum, each) => sum + each, 0)).toBe(99);
  expect(inputs.slice(20)).toEqual([7, 7, 7, 6, 6]);
  expect(summary.costUsd).toBeCloseTo(99e-6, 10);
  expect(tallies[0]).toMatchObject({ items: 25, answered: 25 });
});

test('a request that failed, did not run, was lost or was answered wrongly is asked again for its rows alone', async () => {
  const folder = await jointFolder(55, perRequest);
  const asked: number[][] = [];
  await runWhole(folder, (wave, planned, items) => {
    asked.push(items.map(({ row }) => row));
    const groups = group(items, planned.lane === 'batch' ? perRequest : 1);
    if (wave > 1) return groups.map((each) => answer(each, 10));
    return groups.flatMap((each, index) => {
      if (index === 0) return [errorLine(each.customId, 500)];
      if (index === 1) return [unrunLine(each.customId)];
      if (index === 2) return [];
      // One vector too few: nobody knows whose.
      if (index === 3) return [answer({ ...each, rows: each.rows.slice(1) }, 10)];
      return [answer(each, 10)];
    });
  });
  const count = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);
  expect(asked).toEqual([count(1, 55), count(1, 40)]);
  const results = folder.lines<ResultLine>('results.jsonl');
  expect(results.map(({ output }) => output)).toEqual(count(1, 55).map(vectorOf));
  expect(results.map(({ attempts }) => attempts)).toEqual([...Array(40).fill(2), ...Array(15).fill(1)]);
});

test('a row whose input is not one text is refused, because its answer would have several parts', async () => {
  const rows = [
    { id: 1, text: 'a' },
    { id: 2, text: ['a', 'b'] },
    { id: 3, text: '' },
  ];
  const folder = await folderWith(rows, {
    endpoint: '/v1/embeddings',
    request: { input: '{{ text }}' },
    batch: { maxItems: 1000, maxBytes: 1e8, concurrency: 1, inputsPerRequest: 2 },
  });
  await folder.run();
  expect(folder.lines('rejects.jsonl')).toMatchObject([
    { line: 2, reason: 'template_failed', message: expect.stringContaining('the input must be one text') },
    { line: 3, reason: 'template_failed' },
  ]);
});

test('shares of tokens differ by one at most and add up', () => {
  fc.assert(
    fc.property(fc.nat(100_000), fc.integer({ min: 1, max: 2048 }), (tokens, joined) => {
      const shares = Array.from({ length: joined }, (_, index) => shareTokens(tokens, index, joined) ?? 0);
      expect(shares.reduce((sum, each) => sum + each, 0)).toBe(tokens);
      expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
    }),
  );
  expect(shareTokens(null, 0, 2)).toBeNull();
});
