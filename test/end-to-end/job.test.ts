// Whole jobs: a real Temporal server, a worker of its own process, the official SDKs against the emulator over HTTP, local files.

import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { WorkflowFailedError } from '@temporalio/client';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { expect, test } from 'vitest';
import type { ResultLine } from '../../domain/outcome/merge.ts';
import type { JobReport } from '../../domain/report/report.ts';
import { Cell, until } from './crash/cell.ts';
import { realServer } from './server.ts';

const server = realServer();

const cell = (name: string, use: (cell: Cell) => Promise<void>): Promise<void> => Cell.with(server, name, {}, use);

test.concurrent.each(['openai', 'anthropic', 'gemini'] as const)(
  'every row of a job at %s has one result, in order, and what failed was asked again',
  (provider) =>
    cell(`plain-${provider}`, async (at) => {
      await at.control.setOptions({
        itemErrors: { rate500: 0.1, missing: 0.05, failTimes: 1 },
        output: { shuffle: true },
        // Without a length, a line that is missing at Anthropic would prove nothing, and its item would be in doubt.
        contentLength: 'all',
      });
      const handle = await at.start(at[`${provider}Job`](260));
      const report = await handle.result();
      await at.expectComplete(report, 260, null);
      expect(at.results().some(({ attempts }) => attempts > 1)).toBe(true);
    }),
  90_000,
);

test.concurrent(
  'a wrong job fails the workflow with all problems together, and writes nothing',
  () =>
    cell('wrong', async (at) => {
      const handle = await at.start({ dataset: '../x.jsonl', provider: 'nobody', unknown: 1 });
      const error: unknown = await handle.result().catch((failure: unknown) => failure);
      const message = error instanceof WorkflowFailedError ? error.cause?.message : '';
      expect(message).toContain('dataset');
      expect(message).toContain('provider');
      expect(message).toContain('unknown');
      expect(at.has('')).toBe(false);
      await until('the log names the failure', () => readFileSync(at.log, 'utf8').includes('Workflow failed'));
      const lines = readFileSync(at.log, 'utf8').split('\n');
      const failed = lines.filter((line) => line.includes('Workflow failed')).map((line) => JSON.parse(line));
      expect(failed).toMatchObject([{ workflowId: 'wrong', code: 'invalid_job', message }]);
      expect(failed[0]).not.toHaveProperty('error');
    }),
  60_000,
);

test.concurrent(
  'rows of an embeddings job share requests, and each has its own vector',
  () =>
    cell('embeddings', async (at) => {
      await at.control.setOptions({ itemErrors: { rate500: 0.2, failTimes: 1 }, output: { shuffle: true } });
      const request = { input: '{{ text }}', dimensions: 3, encoding_format: 'base64' };
      const model = 'text-embedding-3-small';
      const batch = { maxItems: 1000, inputsPerRequest: 100 };
      const job = { ...at.openaiJob(2050), model, endpoint: '/v1/embeddings', request, batch };
      const report = await (await at.start(job)).result();
      await at.expectComplete(report, 2050, null);
      const vectors = at.results().map(({ output }) => JSON.stringify(output));
      expect(new Set(vectors).size).toBe(2050);
      expect(JSON.parse(vectors[0] ?? '')).toEqual([expect.any(Number), expect.any(Number), expect.any(Number)]);
    }),
  90_000,
);

async function expectSameTable(root: string, files: JobReport['files'], results: readonly string[]): Promise<void> {
  expect(files.table).toBe('runs/csv-to-parquet/results.parquet');
  const file = await asyncBufferFromFile(join(root, files.table ?? ''));
  const rows = await parquetReadObjects({ file });
  const expected = results.map((line): ResultLine => JSON.parse(line));
  expect(rows.map(({ id, output, costUsd }) => ({ id, output, costUsd }))).toEqual(
    expected.map(({ id, output, costUsd }) => ({ id, output, costUsd })),
  );
}

function expectImages(folder: string, results: readonly string[]): void {
  for (const line of results) {
    const { file, bytes } = JSON.parse(line).output;
    const image = readFileSync(join(folder, file));
    expect(image).toHaveLength(bytes);
    expect(image.toString('latin1', 1, 4)).toBe('PNG');
  }
  expect(results.join()).not.toContain('b64_json');
}

const examples = readdirSync('examples').filter((name) => name.endsWith('.json'));

test.concurrent.each(examples)(
  'examples/%s runs as it is',
  (name) =>
    cell(`example-${name.replace('.json', '')}`, async (at) => {
      cpSync('examples', join(at.root, 'examples'), { recursive: true });
      const today = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Berlin', dateStyle: 'short' }).format();
      cpSync('examples/nightly/2026-11-21.jsonl', join(at.root, `examples/nightly/${today}.jsonl`));
      const handle = await at.start({ job: `examples/${name}` });
      const report = await handle.result();
      expect(report).toMatchObject({ verdict: 'complete', rows: { failed: 0, refused: 0 } });
      const results = readFileSync(join(at.root, report.files.results), 'utf8').trimEnd().split('\n');
      expect(results).toHaveLength(report.rows.accepted);
      if (name === 'csv-to-parquet.json') await expectSameTable(at.root, report.files, results);
      if (name === 'images.json') expectImages(join(at.root, dirname(report.files.results)), results);
      if (name === 'nightly.json') expect(report.files.results).toBe(`runs/nightly/${today}/results.jsonl`);
    }),
  90_000,
);
