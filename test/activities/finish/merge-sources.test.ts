// Rows of several waves become lines in the dataset's order, one for each row. The cost of each is its answer's own.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { AnswerSource, type Run } from '../../../activities/finish/answer-source.ts';
import { mergeSources } from '../../../activities/finish/merge-sources.ts';
import { SharedRows } from '../../../activities/finish/shared-rows.ts';
import { formatResult, type ResultLine } from '../../../domain/outcome/merge.ts';
import { duplicatesFile } from '../../../job-folder/paths.ts';
import { lineWriter } from '../../../storage/lines/json-lines.ts';
import { createFileStore } from '../../../storage/local/store.ts';
import { sharedThreads } from '../../support/shared-threads.ts';
import { folderWith, makeRows, quietEnvironment } from '../plan/planning.ts';
import { answerLine, runWhole, usdOf } from '../whole-job.ts';

const answerOf = (row: number, wave: number): string =>
  formatResult({
    id: row,
    row,
    status: 'answered',
    output: `of wave ${wave}`,
    usage: null,
    costUsd: wave,
    attempts: 1,
    lane: 'batch',
    model: 'm',
    finishReason: null,
    batchId: 'b',
    key: '0'.repeat(24),
    customId: '0'.repeat(32),
  }).line;

/** The results of waves whose answers are of these rows. Each wave has one file. */
async function mergeWaves(...waves: readonly (readonly number[])[]): Promise<ResultLine[]> {
  const root = await mkdtemp(join(tmpdir(), 'nightshift-merge-'));
  const store = createFileStore({ root });
  await lineWriter(await store.create(duplicatesFile('runs/'))).close();
  const shared = await SharedRows.open({ store, scratch: root, randomHex: (bytes) => 'f'.repeat(2 * bytes) }, 'runs/');
  onTestFinished(async () => {
    await shared.close();
    await rm(root, { recursive: true, force: true });
  });
  const sources: AnswerSource[] = [];
  for (const [index, rows] of waves.entries()) {
    const wave = index + 1;
    const uri = `wave-${wave}.jsonl`;
    const writer = lineWriter(await store.create(uri));
    for (const row of rows) await writer.write(answerOf(row, wave));
    await writer.close();
    const site = { wave, entry: null, tally: null, sent: null, isAnswer: true, request: null };
    sources.push(
      new AnswerSource(
        store,
        sharedThreads,
        (async function* () {
          yield { uri, site };
        })(),
      ),
    );
  }
  const lines: string[] = [];
  const results = {
    put: async ({ line }: { readonly line: string }) => {
      lines.push(line);
    },
    putRun: ({ bytes }: Run) => {
      lines.push(...Buffer.from(bytes).toString().trimEnd().split('\n'));
    },
  };
  await quietEnvironment().run(() => mergeSources(sources, { shared, unsentReason: 'cancelled', results }));
  for (const source of sources) await source.close();
  return lines.map((line) => JSON.parse(line));
}

test('rows of several waves are in order, and the lines that are copied end before the next row of another wave', async () => {
  const merged = await mergeWaves([1, 2, 6], [3, 4], [5, 7]);
  expect(merged.map(({ row, output }) => [row, output])).toEqual(
    [1, 1, 2, 2, 3, 1, 3].map((wave, index) => [index + 1, `of wave ${wave}`]),
  );
});

test('a row that two waves answered has one line, with both costs', async () => {
  const merged = await mergeWaves([1, 2, 3, 5], [3, 4]);
  expect(merged.map(({ row, output, attempts, costUsd }) => [row, output, attempts, costUsd])).toEqual([
    [1, 'of wave 1', 1, 1],
    [2, 'of wave 1', 1, 1],
    [3, 'of wave 1', 2, 3],
    [4, 'of wave 2', 1, 2],
    [5, 'of wave 1', 1, 1],
  ]);
});

test('an answer that says what it costs does not change what it costs', async () => {
  const folder = await folderWith(makeRows(2), { schema: { type: 'object' } });
  const said = ['{"costUsd":1000,"more":[{"costUsd":null}]}', '{"text":"\\"costUsd\\":1000,"}'];
  const { summary } = await runWhole(folder, (_, __, items) =>
    items.map(({ customId }, index) => answerLine(customId, said[index] ?? '')),
  );
  expect(folder.lines<ResultLine>('results.jsonl').map(({ output }) => output)).toEqual(
    said.map((each) => JSON.parse(each)),
  );
  expect(summary.costUsd).toBeCloseTo(2 * usdOf.batch, 9);
});
