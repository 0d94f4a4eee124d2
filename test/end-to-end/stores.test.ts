// Jobs from bucket to bucket: two workers, each with an empty folder of its own, share nothing but the stores. The first one is killed.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Nightshift } from '../../client/nightshift.ts';
import { lineChunks, writeText } from '../../storage/lines/json-lines.ts';
import { createStore } from '../../storage/registry.ts';
import type { Store } from '../../storage/store.ts';
import { gcsServer, hasGcsServer } from '../support/stores/gcs-server.ts';
import { hasS3Server, s3Server } from '../support/stores/s3-server.ts';
import { commandsAt, parseLines } from './cli/commands.ts';
import { Cell, type Result, until } from './crash/cell.ts';
import { realServer } from './server.ts';

const server = realServer();
const s3 = s3Server();
const gcs = gcsServer();

const rows = 330;

describe.runIf(hasS3Server && hasGcsServer)('buckets', () => {
  test.each([
    { scheme: 's3', from: 'csv', to: 'parquet' },
    { scheme: 'gs', from: 'jsonl', to: 'jsonl' },
  ] as const)(
    'a job from $from on S3 to $to on $scheme continues on a worker without data after the first one is killed',
    async ({ scheme, from, to }) => {
      const bucket = await (scheme === 's3' ? s3 : gcs).makeBucket();
      const source = `s3://${await s3.makeBucket()}/in/`;
      const [dataset, output] = [`${source}rows.${from}`, `${scheme}://${bucket}/out/`];
      const [first, second] = [emptyFolder(), emptyFolder()];
      const workerEnv = { ...s3.variables(), ...gcs.variables(), NIGHTSHIFT_DATA: first };
      await Cell.with(server, `to-${scheme}`, { workerEnv }, async (at) => {
        const store = createStore({ dataRoot: emptyFolder(), s3PathStyle: true });
        await writeText(store, `${source}scan.pdf`, '%PDF-1.7');
        await writeText(store, dataset, from === 'csv' ? csvText(`${source}scan.pdf`) : datasetText());
        await at.control.setOptions({ itemErrors: { rate500: 0.1, failTimes: 1 } });
        const handle = await at.start({
          ...at.openaiJob(1),
          ...(from === 'csv' ? { dataset: { uri: dataset, files: ['scan'] }, request: ofScan } : { dataset }),
          output: { uri: output, format: to },
        });
        const isMade = async () => (await store.head(`${output}plan/wave-1/batch-0002.handle.json`)) !== null;
        await until('a batch is made', isMade, 60_000);
        await at.worker.kill();
        await at.startWorker({ NIGHTSHIFT_DATA: second });
        const report = await handle.result();
        expect(report).toMatchObject({ verdict: 'complete', rows: { accepted: rows, answered: rows } });
        expect(report.files.results).toBe(`${output}results.jsonl`);
        const results = await readResults(store, report.files.results);
        expect(results.map(({ row }) => row)).toEqual(Array.from({ length: rows }, (_, index) => index + 1));
        expect(results.some(({ lane }) => lane === 'realtime')).toBe(true);
        if (to === 'parquet') expect(await readTable(store, `${output}results.parquet`)).toEqual(results.map(toCells));
        await expectRead(handle.workflowId, { ...at.env, ...workerEnv }, results);
        expect((await at.control.counts()).billedTwice).toEqual({ byCustomId: [], byBody: [] });
        for (const folder of [first, second]) expect(readdirSync(folder)).toEqual([]);
      });
    },
    150_000,
  );

  test('a job whose bucket is missing, or whose server may not be used, is refused before anything is sent', async () => {
    const workerEnv = { ...s3.guestVariables(), ...gcs.variables() };
    await Cell.with(server, 'refused', { workerEnv }, async (at) => {
      const store = createStore({ dataRoot: emptyFolder(), s3PathStyle: true });
      const denied = `s3://${await s3.makeBucket()}`;
      await writeText(store, `${denied}/rows.jsonl`, datasetText());
      const job = at.openaiJob(10);
      const refused = [
        [{ ...job, dataset: 'gs://no-such-bucket/rows.jsonl' }, /dataset.*the bucket does not exist/],
        [{ ...job, dataset: `${denied}/rows.jsonl` }, /dataset.*cannot be read: check its permissions/],
        [{ ...job, output: 'gs://no-such-bucket/out/' }, /output.*the bucket does not exist/],
        [{ ...job, output: `${denied}/out/` }, /output.*check its permissions/],
      ] as const;
      for (const [index, [wrong, message]] of refused.entries()) {
        const handle = await at.start(wrong, `refused-${index}`);
        const failure: unknown = await handle.result().catch((error: unknown) => error);
        expect(String(failure instanceof Error ? failure.cause : '')).toMatch(message);
      }
      expect((await at.control.counts()).batchesCreated).toBe(0);
    });
  }, 60_000);
});

/** By the library and by the command line, in folders without data. */
async function expectRead(
  id: string,
  env: Readonly<Record<string, string>>,
  results: readonly Result[],
): Promise<void> {
  const jobs = new Nightshift(server.client, { dataRoot: emptyFolder(), s3PathStyle: true });
  expect(await collect(jobs.results(id))).toEqual(results);
  expect(await jobs.failures(id)).toEqual([]);
  const nightshift = commandsAt({ env: { ...env, NIGHTSHIFT_DATA: emptyFolder() } });
  expect(parseLines(await nightshift(['results', id]))).toEqual(results);
}

async function collect<T>(all: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const each of all) found.push(each);
  return found;
}

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-empty-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

const datasetText = (): string =>
  Array.from(
    { length: rows },
    (_, index) => `${JSON.stringify({ id: `r${index + 1}`, text: `ticket ${index + 1}` })}\n`,
  ).join('');

const ofScan = {
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text: '{{ text }}' },
        {
          type: 'file',
          file: { filename: 'scan.pdf', file_data: 'data:{{ scan.mediaType }};base64,{{ scan.base64 }}' },
        },
      ],
    },
  ],
  max_completion_tokens: 16,
};

/** Each row names a file in the bucket. */
const csvText = (scan: string): string =>
  ['id,text,scan', ...Array.from({ length: rows }, (_, at) => `r${at + 1},"ticket\n${at + 1}",${scan}`), ''].join('\n');

const toCells = ({ id, output, costUsd }: Pick<Result, 'id' | 'output' | 'costUsd'>) => ({ id, output, costUsd });

async function readTable(store: Store, uri: string): Promise<unknown[]> {
  const parts: Buffer[] = [];
  for await (const chunk of store.read(uri)) parts.push(Buffer.from(chunk));
  const { buffer, byteLength } = Uint8Array.from(Buffer.concat(parts));
  const table = await parquetReadObjects({ file: buffer.slice(0, byteLength) });
  return table.map((row) => toCells(row as never));
}

async function readResults(store: Store, uri: string): Promise<Result[]> {
  const results: Result[] = [];
  for await (const lines of lineChunks(store.read(uri), { lineBytesMax: 1_000_000 })) {
    results.push(...lines.map(({ bytes }) => JSON.parse(String(bytes))));
  }
  return results;
}
