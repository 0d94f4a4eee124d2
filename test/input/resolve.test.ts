// A job is resolved to the last default, within its provider's limits.
// biome-ignore-all lint/suspicious/noThenProperty: the public name of a choice, and never a function.

import { expect, test } from 'vitest';
import { parseJob } from '../../input/resolve.ts';
import { embeddings, facts, smallest } from './facts.ts';

function specOf(input: unknown, workflowId = 'tickets') {
  const parsed = parseJob(input, { ...facts, workflowId });
  if (parsed.kind !== 'job') throw new Error(JSON.stringify(parsed));
  return parsed.spec;
}

test('the smallest job has every default', () => {
  expect(specOf(smallest)).toEqual({
    version: 1,
    dataset: { uri: 'data/tickets.jsonl', format: 'jsonl', id: null, limit: null },
    provider: 'openai',
    account: 'default',
    priority: 2,
    model: 'gpt-5.4-mini',
    endpoint: '/v1/chat/completions',
    request: { model: 'gpt-5.4-mini', messages: [{ role: 'user', content: '{{ text }}' }] },
    schema: null,
    output: 'runs/tickets/',
    batch: { maxItems: 10_000, maxBytes: 200_000_000, concurrency: 10 },
    realtime: { concurrency: 16, rpm: null, tpm: null },
    poll: { initialMs: 10_000, factor: 1.5, maxMs: 300_000 },
    retry: { rounds: 3, backoffMs: 30_000 },
    deadline: { batchMs: 72_000_000, jobMs: null, then: 'fallback' },
    fallback: { lane: 'realtime', maxUsd: null },
    minBatchItems: 50,
    mode: 'batch',
    maxRejectRate: 0.05,
    budgetUsd: null,
    reuse: null,
    keep: { responses: false, providerFiles: false },
  });
});

test('every field that is given is there', () => {
  const schema = { type: 'object' };
  const spec = specOf({
    ...smallest,
    $schema: '../job.schema.json',
    version: 1,
    dataset: { uri: './data//x', format: 'jsonl', id: 'number', limit: 7 },
    endpoint: '/v1/embeddings',
    schema,
    output: { uri: 'out/x', format: 'jsonl' },
    batch: { maxItems: 5, maxBytes: 1000, concurrency: 3 },
    realtime: { concurrency: 2, rpm: 60, tpm: 1000 },
    poll: { initial: '500ms', factor: 2, max: '1h30m' },
    retry: { rounds: 0, backoff: '1s', flawed: false },
    deadline: { batch: '1h', job: '1d', then: 'fail' },
    fallback: { lane: 'none', maxUsd: 0 },
    minBatchItems: 0,
    mode: 'realtime',
    maxRejectRate: 1,
    budget: { usd: 2.5 },
    reuse: 'runs/old/results.jsonl',
    keep: { responses: true, providerFiles: true },
  });
  expect(spec).toMatchObject({
    dataset: { uri: 'data/x', format: 'jsonl', id: 'number', limit: 7 },
    endpoint: '/v1/embeddings',
    schema,
    output: 'out/x/',
    batch: { maxItems: 5, maxBytes: 1000, concurrency: 3 },
    realtime: { concurrency: 2, rpm: 60, tpm: 1000 },
    poll: { initialMs: 500, factor: 2, maxMs: 5_400_000 },
    retry: { rounds: 0, backoffMs: 1000, flawed: false },
    deadline: { batchMs: 3_600_000, jobMs: 86_400_000, then: 'fail' },
    fallback: { lane: 'none', maxUsd: 0 },
    minBatchItems: 1,
    mode: 'realtime',
    maxRejectRate: 1,
    budgetUsd: 2.5,
    reuse: 'runs/old/results.jsonl',
    keep: { responses: true, providerFiles: true },
  });
});

test('a batch is clamped to what the provider takes', () => {
  const { batch, minBatchItems } = specOf({
    ...smallest,
    provider: 'anthropic',
    batch: { maxItems: 1e6, maxBytes: 1e12 },
  });
  expect(batch).toMatchObject({ maxItems: 5_000, maxBytes: 100_000_000 });
  expect(minBatchItems).toBe(100);
  expect(specOf({ ...smallest, provider: 'anthropic', batch: { maxItems: 1 } }).batch.maxItems).toBe(100);
});

test.each([
  [{ maxItems: 5000, maxBytes: 1000 }, []],
  [
    { maxItems: 1e6 },
    ['batch.maxItems is 1,000,000, but there are at most 5,000 items in a batch of anthropic: 5,000 is used'],
  ],
  [{ maxItems: 1 }, ['batch.maxItems is 1, but there are at least 100 items in a batch of anthropic: 100 is used']],
  [{ maxBytes: 1e12 }, [expect.stringMatching(/^batch\.maxBytes is 1,000,000,000,000, but .* 100,000,000 is used$/)]],
])('of a batch with %j, what is clamped is said', (batch, warnings) => {
  expect(parseJob({ ...smallest, provider: 'anthropic', batch }, facts)).toMatchObject({ kind: 'job', warnings });
});

test('a prompt becomes the request, and its schema the schema', () => {
  const { request: _, ...rest } = smallest;
  const schema = { type: 'object' };
  const spec = specOf({ ...rest, prompt: { user: '{{ text }}', schema } });
  expect(spec.request).toEqual({ model: 'gpt-5.4-mini', provider: 'openai', messages: ['', '{{ text }}'] });
  expect(spec.schema).toEqual(schema);
});

test('ready-made lines name their own model and endpoint, and may be checked by a schema', () => {
  const spec = specOf({ dataset: 'lines.jsonl', provider: 'openai', schema: { type: 'object' } });
  expect(spec).toMatchObject({ model: null, endpoint: null, request: null, schema: { type: 'object' } });
});

test('the same model in the request is not a contradiction', () => {
  expect(specOf({ ...smallest, request: { ...smallest.request, model: smallest.model } }).model).toBe(smallest.model);
});

test.each([
  [undefined, '2026-11-20'],
  ['UTC', '2026-11-20'],
  ['Europe/Berlin', '2026-11-21'],
  ['America/New_York', '2026-11-20'],
  ['Pacific/Kiritimati', '2026-11-21'],
])('{date} is the day that the run is for, in the time zone %s', (timezone, day) => {
  const spec = specOf({
    ...smallest,
    dataset: { uri: 'in/{date}/{date}.jsonl' },
    output: 'runs/nightly-{date}/',
    ...(timezone === undefined ? {} : { timezone }),
  });
  expect([spec.dataset.uri, spec.output]).toEqual([`in/${day}/${day}.jsonl`, `runs/nightly-${day}/`]);
});

test('files in buckets keep their uris, and a folder ends with one slash', () => {
  const dataset = 's3://rows/2026/tickets.jsonl';
  for (const output of ['gs://results/tickets', 'gs://results/tickets/']) {
    const reuse = 'gs://results/earlier/results.jsonl';
    expect(specOf({ ...smallest, dataset, output, reuse })).toMatchObject({
      dataset: { uri: dataset },
      output: 'gs://results/tickets/',
      reuse,
    });
  }
  expect(specOf({ ...smallest, output: 's3://results' }).output).toBe('s3://results/');
});

test('rows share requests as far as the provider allows, and the job says so', () => {
  const most = parseJob({ ...embeddings, batch: { inputsPerRequest: 5000 } }, facts);
  expect(most).toMatchObject({ kind: 'job', spec: { batch: { inputsPerRequest: 2048 } } });
  expect(most.kind === 'job' && most.warnings).toEqual([
    'batch.inputsPerRequest is 5,000, but a request takes at most 2,048 inputs: 2,048 is used',
  ]);
  const one = parseJob({ ...embeddings, batch: { inputsPerRequest: 1 } }, facts);
  expect(one.kind === 'job' && 'inputsPerRequest' in one.spec.batch).toBe(false);
});

test('several files of a dataset each get their day and their normal form', () => {
  const parsed = parseJob({ ...smallest, dataset: { uri: ['./in/{date}.csv', 'in//b*.csv.gz'] } }, facts);
  const day = new Date(facts.at).toISOString().slice(0, 10);
  expect(parsed).toMatchObject({ spec: { dataset: { uri: [`in/${day}.csv`, 'in/b*.csv.gz'], format: 'csv' } } });
});
