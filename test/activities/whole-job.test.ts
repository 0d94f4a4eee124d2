// Nothing is lost, doubled or reordered from plan to results, whatever the provider's output looks like.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { classify } from '../../activities/collect/classify.ts';
import { merge } from '../../activities/finish/merge.ts';
import type { ResultLine } from '../../domain/outcome/merge.ts';
import { folderWith, jobRef, output, quietEnvironment } from './plan/planning.ts';
import { chance, isGood, shuffled, text, unrulyProvider, writeDataset } from './submit/unruly-provider.ts';
import { answerLine, endedBatch, errorLine, findPlanned, runWhole, usdOf, wholeDeps } from './whole-job.ts';

const runs = fc.record({
  seed: fc.nat(),
  rows: fc.integer({ min: 1, max: 60 }),
  maxItems: fc.integer({ min: 1, max: 20 }),
  minBatchItems: fc.integer({ min: 1, max: 8 }),
  upTo: fc.option(fc.integer({ min: 1, max: 30 })),
});

test(
  'every accepted row ends as one line of results, in order, by the answers to its own attempts',
  { timeout: 120_000 },
  () =>
    fc.assert(
      fc.asyncProperty(runs, async ({ seed, rows, maxItems, minBatchItems, upTo }) => {
        const { text: dataset, accepted, shared, refused } = writeDataset(seed, rows);
        if (accepted.length === 0) return;
        const folder = await folderWith(dataset, {
          id: 'id',
          minBatchItems,
          batch: { maxItems, maxBytes: 1e8, concurrency: 5 },
          ...(upTo === null ? {} : { mode: 'hybrid' as const, route: { when: null, upTo } }),
        });
        const { answering, told, odd } = unrulyProvider(seed);
        const { report, tallies } = await runWhole(folder, answering);

        const results = folder.lines<ResultLine>('results.jsonl');
        let paid = 0;
        expect(results.map(({ row }) => row)).toEqual([...accepted, ...shared].sort((a, b) => a - b));
        for (const result of results) {
          const sent = told.get(result.sameAs ?? result.row) ?? [];
          const good = sent.findIndex(({ fate }) => isGood(fate));
          // It is sent until it is answered, and never after that.
          expect(good === -1 || good === sent.length - 1).toBe(true);
          expect(result.attempts).toBe(sent.length);
          expect(result.status).toBe(good === -1 ? 'failed' : 'answered');
          if (good !== -1) expect(result.output).toBe(text(result.sameAs ?? result.row, sent[good]?.wave ?? 0));
          const usd = sent.reduce(
            (sum, { fate, lane }) => sum + (isGood(fate) || fate === 'truncated' ? usdOf[lane] : 0),
            0,
          );
          const isLost = sent.some(({ fate }) => fate === 'missing');
          if (isLost && result.sameAs === undefined) expect(result.costUsd).toBeNull();
          else expect(result.costUsd).toBeCloseTo(result.sameAs === undefined ? usd : 0, 9);
          if (result.sameAs === undefined) paid += usd;
          expect(sent.filter(({ fate }) => fate === 'error400').length).toBeLessThanOrEqual(1);
          expect(sent.filter(({ fate }) => fate === 'truncated').length).toBeLessThanOrEqual(2);
        }

        const failed = results.filter(({ status }) => status === 'failed');
        const failures = folder.lines<{ id: number; text: string; nightshift: { row: number } }>('failures.jsonl');
        expect(failures.map(({ nightshift }) => nightshift.row)).toEqual(failed.map(({ row }) => row));
        expect(failures.every(({ id, text: of }) => of === `text ${id}`)).toBe(true);
        expect(folder.lines('rejects.jsonl')).toHaveLength(refused);
        expect(report.rows).toMatchObject({ rows, refused, accepted: accepted.length, duplicates: shared.length });
        expect(report.rows.answered + report.rows.failed).toBe(accepted.length + shared.length);
        expect(report.cost.usd ?? 0).toBeCloseTo(paid, 9);
        expect(report.cost.unpricedRows).toBe(results.filter(({ costUsd }) => costUsd === null).length);
        expect(report.anomalies).toMatchObject({
          unknownAnswers: odd.foreign,
          unreadableLines: odd.malformed,
          duplicateAnswers: odd.twice,
          missing: odd.missing,
        });
        expect(
          tallies.every(
            ({ items, answered, retryable, rejected }) => items === answered + sum(retryable) + sum(rejected),
          ),
        ).toBe(true);
      }),
      { numRuns: 25 },
    ),
);

const sum = (counts: object): number =>
  Object.values(counts).reduce((total: number, count) => total + Number(count), 0);

test('classify and merge give the same bytes when they are done again', async () => {
  const folder = await folderWith(writeDataset(7, 50).text, {
    id: 'id',
    batch: { maxItems: 8, maxBytes: 1e8, concurrency: 5 },
  });
  await runWhole(folder, unrulyProvider(7).answering);
  const before = folder.digests();
  const tally = JSON.parse(folder.text('answers/wave-1/batch-0002.tally.json'));
  writeFileSync(join(folder.root, output, 'answers/wave-1/batch-0002.jsonl'), 'torn');
  const deps = wholeDeps(folder);
  await folder.store.remove(`${output}answers/wave-1/batch-0002.tally.json`);
  const { createdAt, endedAt, ending, batchId, polls, wave, batch } = tally;
  const ref = { ...jobRef, wave, batch };
  await quietEnvironment().run(() =>
    classify(deps, { ...endedBatch(ref, findPlanned(folder, ref)), batchId, ending, createdAt, endedAt, polls }),
  );
  const waves = Math.max(...Object.keys(before).map((name) => Number(/^answers\/wave-(\d+)/.exec(name)?.[1] ?? 0)));
  await quietEnvironment().run(() => merge(deps, { ...jobRef, waves, unsentReason: 'cancelled' }));
  expect(folder.digests()).toEqual(before);
});

test('what was planned and never sent is failed with the reason it is given, and costs nothing', async () => {
  const rows = Array.from({ length: 20 }, (_, index) => ({ id: index + 1, text: 'x' }));
  const folder = await folderWith(rows, { batch: { maxItems: 10, maxBytes: 1e8, concurrency: 1 } });
  const { report } = await runWhole(folder, (_, { batch }, items) =>
    batch === 1 ? items.map(({ customId }) => answerLine(customId, 'yes')) : null,
  );
  expect(report).toMatchObject({
    verdict: 'partial',
    rows: { answered: 10, failed: 10 },
    errorsByReason: { cancelled: 10 },
  });
  const unsent = folder.lines('results.jsonl').slice(10);
  expect(
    unsent.every(({ reason, costUsd, attempts }) => reason === 'cancelled' && costUsd === 0 && attempts === 0),
  ).toBe(true);
});

test('a dataset that changed after planning names failed rows without records, and says so', async () => {
  const rows = Array.from({ length: 6 }, (_, index) => ({ id: index + 1, text: 'x' }));
  const folder = await folderWith(rows, { id: 'id' });
  const { report } = await runWhole(folder, (_, __, items) => {
    writeFileSync(join(folder.root, 'rows.jsonl'), '{"id":1,"text":"another"}\n');
    return items.map(({ customId, row }) => (row === 2 ? errorLine(customId, 400) : answerLine(customId, 'yes')));
  });
  expect(folder.lines('failures.jsonl')).toEqual([
    { id: 2, nightshift: expect.objectContaining({ row: 2, reason: 'bad_request' }) },
  ]);
  expect(report.warnings.join()).toContain('the dataset changed');
});

test('answers that do not fit into memory together are collected anyway, in order', async () => {
  const rows = Array.from({ length: 300 }, (_, index) => ({ id: index + 1, text: 'x' }));
  const folder = await folderWith(rows);
  const large = (row: number): string => `${row}:${'é'.repeat(40_000)}`;
  await runWhole(folder, (_, __, items) =>
    shuffled(items, chance(3)).map(({ customId, row }) => answerLine(customId, large(row))),
  );
  const lines = readFileSync(join(folder.root, output, 'results.jsonl'), 'utf8')
    .trimEnd()
    .split('\n');
  expect(lines.map((line) => JSON.parse(line).output === large(JSON.parse(line).row)).every(Boolean)).toBe(true);
  expect(lines).toHaveLength(300);
});

test('an answer is text, or parsed JSON that satisfies the schema; one that does not is asked once more', async () => {
  const schema = { type: 'object', properties: { label: { type: 'string' } }, required: ['label'] };
  const rows = Array.from({ length: 4 }, (_, index) => ({ id: index + 1, text: 'x' }));
  const folder = await folderWith(rows, { schema });
  const contents = ['{"label":"bug"}', '{"label":1}', 'no JSON', '{"label":"x"}'];
  const { report } = await runWhole(folder, (wave, _, items) =>
    items.map(({ customId, row }) =>
      answerLine(customId, wave === 2 && row === 2 ? '{"label":"late"}' : (contents[row - 1] ?? '')),
    ),
  );
  expect(report.errorsByReason).toEqual({ invalid_output: 1 });
  expect(folder.lines('results.jsonl').map(({ status, output: of, attempts }) => [status, of, attempts])).toEqual([
    ['answered', { label: 'bug' }, 1],
    ['answered', { label: 'late' }, 2],
    ['failed', 'no JSON', 2],
    ['answered', { label: 'x' }, 1],
  ]);
});
