// A batch that ended before anything of it was sent has a result for each of its requests all the same.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { describeBatch } from '../../../../client/gateway/anthropic/batch-object.ts';
import { findOrigin } from '../../../../client/gateway/anthropic/find-origin.ts';
import { readResultLines } from '../../../../client/gateway/anthropic/result-lines.ts';
import type { Batch, BatchState, BatchStatus } from '../../../../client/gateway/batches/record.ts';
import type { Json } from '../../../../domain/outcome/outcome.ts';
import { lineWriter } from '../../../../storage/lines/json-lines.ts';
import { createStore } from '../../../../storage/registry.ts';

const root = mkdtempSync(join(tmpdir(), 'nightshift-test-'));
const store = createStore({ dataRoot: root, s3PathStyle: true });
afterAll(() => rmSync(root, { recursive: true }));

const makeBatch = (status: BatchStatus, changes: Partial<BatchState> = {}): Batch => ({
  record: {
    version: 1,
    uuid: 'u',
    tenant: null,
    createdAt: 0,
    dialect: 'anthropic',
    endpoint: '/v1/messages',
    lines: 'lines.jsonl',
    total: 3,
    digest: 'd',
    route: { provider: 'anthropic', account: null },
    problems: [],
    windowMs: 1000,
    file: null,
    front: {},
  },
  state: {
    status,
    counts: { total: 3, answered: 0, failed: 0, cancelled: 0, expired: 0, refused: 0 },
    usage: null,
    problems: [],
    cancelAskedAt: null,
    endedAt: 5,
    results: null,
    ...changes,
  },
});

async function readLines(batch: Batch): Promise<unknown[]> {
  let text = '';
  const signal = new AbortController().signal;
  const parts = { store, folder: 'run/', translate: (response: Json) => response, signal };
  for await (const part of readResultLines(parts, batch)) text += part;
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

const count = (batch: Batch): unknown => describeBatch(batch, { id: 'i', origin: 'o' }).request_counts;
const none = { processing: 0, succeeded: 0, errored: 0, canceled: 0, expired: 0 };

test('each request ends as its batch did', async () => {
  const writer = lineWriter(await store.create('lines.jsonl'));
  for (const id of ['a', 'b', 'c']) await writer.write(JSON.stringify({ custom_id: id, params: {} }));
  await writer.close();
  const all = (result: object): object[] => ['a', 'b', 'c'].map((id) => ({ custom_id: id, result }));

  expect(await readLines(makeBatch('cancelled'))).toEqual(all({ type: 'canceled' }));
  expect(count(makeBatch('cancelled'))).toEqual({ ...none, canceled: 3 });
  expect(await readLines(makeBatch('expired'))).toEqual(all({ type: 'expired' }));
  expect(count(makeBatch('expired'))).toEqual({ ...none, expired: 3 });

  const problem = { code: 'job_failed', message: 'no key', param: null, line: null };
  const failed = makeBatch('failed', { problems: [problem] });
  const error = { type: 'error', error: { type: 'api_error', message: 'no key' }, request_id: null };
  expect(await readLines(failed)).toEqual(all({ type: 'errored', error }));
  expect(count(failed)).toEqual({ ...none, errored: 3 });
});

test('the counts sum up to the total at any time', () => {
  const running = makeBatch('running', {
    endedAt: null,
    counts: { total: 9, answered: 4, failed: 2, cancelled: 0, expired: 1, refused: 0 },
  });
  expect(count(running)).toEqual({ ...none, processing: 5, succeeded: 4 });
  const cancelled = makeBatch('cancelled', {
    counts: { total: 9, answered: 4, failed: 4, cancelled: 1, expired: 1, refused: 0 },
  });
  expect(count(cancelled)).toEqual({ processing: 0, succeeded: 4, errored: 2, canceled: 2, expired: 1 });
});

const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'batches.example.com' };

test.for<[Record<string, string>, Partial<Parameters<typeof findOrigin>[1]>, string]>([
  [{}, {}, 'http://inner'],
  [forwarded, {}, 'http://inner'],
  [forwarded, { publicUrl: 'https://own.example/batches' }, 'https://own.example/batches'],
  [forwarded, { publicUrl: 'https://own.example', trustProxy: true }, 'https://own.example'],
  [{}, { trustProxy: true }, 'http://inner'],
  [forwarded, { trustProxy: true }, 'https://batches.example.com'],
  [
    { 'x-forwarded-proto': 'https, http', 'x-forwarded-host': 'a.example:8443, b' },
    { trustProxy: true },
    'https://a.example:8443',
  ],
  [{ 'x-forwarded-host': '[::1]:8080' }, { trustProxy: true }, 'http://[::1]:8080'],
  [{ 'x-forwarded-proto': 'javascript', 'x-forwarded-host': 'evil/path' }, { trustProxy: true }, 'http://inner'],
  [{ 'x-forwarded-host': 'user@evil' }, { trustProxy: true }, 'http://inner'],
])('with %j and %j, the caller reaches %s', ([headers, config, origin]) => {
  const header = (name: string): string | undefined => headers[name];
  const request = { url: 'http://inner:80/v1/messages/batches', header } as Parameters<typeof findOrigin>[0];
  expect(findOrigin(request, { publicUrl: undefined, trustProxy: false, ...config })).toBe(origin);
});
