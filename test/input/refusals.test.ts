// A wrong job is refused with all problems together, each clear and naming its field.
// biome-ignore-all lint/suspicious/noThenProperty: the public name of a choice, and never a function.

import { expect, test } from 'vitest';
import type { Problem } from '../../input/problem.ts';
import { jobReference } from '../../input/reference.ts';
import { parseJob } from '../../input/resolve.ts';
import { embeddings, facts, images, smallest } from './facts.ts';

function problemsOf(input: unknown): readonly Problem[] {
  const parsed = parseJob(input, facts);
  if (parsed.kind !== 'problems') throw new Error(`no problem was found: ${JSON.stringify(parsed)}`);
  return parsed.problems;
}

const without = (...fields: string[]) =>
  Object.fromEntries(Object.entries(smallest).filter(([field]) => !fields.includes(field)));

test.each<[string, unknown, string, RegExp]>([
  ['no input', undefined, '', /^no input was given; give a job, or { "job"/],
  ['null', null, '', /^the input is null; give a job/],
  ['an array', [smallest], '', /^the input is an array; give a job/],
  ['text', JSON.stringify(smallest), '', /^the input is text; .* not as text that holds JSON$/],
  ['a number', 7, '', /^the input is a number/],
  ['nothing in it', {}, '', /^the input is an empty object/],
  ['a reference with company', { ...smallest, job: 'a.json' }, 'job', /^must be the only field/],
  ['a reference that is none', { job: 7 }, 'job', /^must be the path of the job file/],
  ['a reference in a job file', { job: 'b.json' }, 'job', /^refers to another file/],
  ['a slip of the pen', { ...smallest, modle: 'x' }, 'modle', /^unknown field; did you mean `model`\?$/],
  ['a slip deep inside', { ...smallest, batch: { maxItem: 1 } }, 'batch.maxItem', /did you mean `maxItems`/],
  ['a slip in a union', { ...smallest, dataset: { uri: 'a.jsonl', limits: 1 } }, 'dataset.limits', /mean `limit`/],
  ['something else entirely', { ...smallest, batch: { zebra: 1 } }, 'batch.zebra', /there are maxItems, maxBytes/],
  ['a member of every object', { ...smallest, constructor: 1 }, 'constructor', /^unknown field/],
  ['a wrong type', { ...smallest, minBatchItems: '5' }, 'minBatchItems', /^must be a number, not text$/],
  ['a broken number', { ...smallest, batch: { maxItems: 1.5 } }, 'batch.maxItems', /^must be a whole number$/],
  ['too little', { ...smallest, batch: { maxItems: 0 } }, 'batch.maxItems', /^must be at least 1$/],
  ['too much', { ...smallest, realtime: { concurrency: 9999 } }, 'realtime.concurrency', /^must be at most 256$/],
  [
    'an unknown choice',
    { ...smallest, deadline: { then: 'wait' } },
    'deadline.then',
    /"fallback" or "retry" or "fail"/,
  ],
  ['a model of another vendor', { ...smallest, model: 'foreign' }, 'model', /^no model of \/v1\/chat\/completions$/],
  ['an empty model', { ...smallest, model: '' }, 'model', /^must not be empty$/],
  ['version 2', { ...smallest, version: 2 }, 'version', /^must be 1$/],
  [
    'a budget for a model that may answer without end',
    { ...smallest, model: 'boundless', budget: { usd: 1 } },
    'request.max_tokens',
    /^is missing, and the most output tokens of boundless are not known, so budget cannot be enforced/,
  ],
  [
    'the same with a prompt and a capped fallback',
    { ...without('request'), prompt: { user: 'x' }, model: 'boundless', fallback: { maxUsd: 1 } },
    'prompt.maxTokens',
    /so fallback\.maxUsd cannot be enforced/,
  ],
  ['a budget without its sum', { ...smallest, budget: {} }, 'budget.usd', /^is missing$/],
  ['a duration as a number', { ...smallest, deadline: { batch: 60 } }, 'deadline.batch', /^must be a duration as text/],
  [
    'a duration without unit',
    { ...smallest, retry: { backoff: '30' } },
    'retry.backoff',
    /^must be a duration as text/,
  ],
  ['a duration of ages', { ...smallest, deadline: { job: '9999d' } }, 'deadline.job', /^must be at most 366d$/],
  ['no dataset', without('dataset'), 'dataset', /^is missing$/],
  ['a dataset of no kind', { ...smallest, dataset: 7 }, 'dataset', /^must be text or an object, not a number$/],
  ['an unknown store', { ...smallest, dataset: 'ftp://host/a.jsonl' }, 'dataset', /or begin with s3:\/\/ or gs:\/\//],
  ['no bucket', { ...smallest, output: 's3:///a/' }, 'output', /must name a bucket/],
  [
    'a key that leaves its folder',
    { ...smallest, output: 'gs://bucket/a/../b/' },
    'output',
    /without "\/\/", "." and ".."/,
  ],
  ['a key with an empty part', { ...smallest, reuse: 's3://bucket/a//b.jsonl' }, 'reuse', /without "\/\/"/],
  [
    'a date in an earlier result',
    { ...smallest, reuse: 'runs/{date}/results.jsonl' },
    'reuse',
    /{date} is filled in in/,
  ],
  ['a time zone that there is not', { ...smallest, timezone: 'Mars/Olympus' }, 'timezone', /IANA time zone/],
  ['an absolute path', { ...smallest, dataset: '/etc/a.jsonl' }, 'dataset', /not absolute/],
  ['a way out', { ...smallest, output: 'runs/../../x' }, 'output', /".." is not allowed/],
  ['the root', { ...smallest, output: './' }, 'output', /must name something/],
  [
    'joint rows of a chat',
    { ...smallest, batch: { inputsPerRequest: 2 } },
    'batch.inputsPerRequest',
    /only for .*embed/,
  ],
  [
    'joint rows of a list',
    { ...embeddings, request: { input: ['{{ text }}'] } },
    'request.input',
    /must be one text, since rows are joined/,
  ],
  [
    'joint rows that differ in more',
    { ...embeddings, request: { input: '{{ text }}', user: '{{ id }}' } },
    'request',
    /in `input` only/,
  ],
  ['joint realtime calls', { ...embeddings, mode: 'realtime' }, 'batch.inputsPerRequest', /only for batches/],
  ['a schema for images', { ...images, schema: { type: 'object' } }, 'schema', /this endpoint makes images/],
  ['videos', { ...smallest, endpoint: '/v1/videos' }, 'endpoint', /makes videos, which Nightshift does not fetch/],
  ['a table of Excel', { ...smallest, dataset: 'a.xlsx' }, 'dataset', /must be JSON Lines, CSV or Parquet; convert it/],
  ['a zip file', { ...smallest, dataset: 'a.jsonl.zip' }, 'dataset', /must be JSON Lines.*convert/],
  ['two formats', { ...smallest, dataset: { uri: ['a.csv', 'b.jsonl'] } }, 'dataset.uri', /files of one format/],
  ['a list of nothing', { ...smallest, dataset: { uri: [] } }, 'dataset.uri', /at least 1/],
  ['a way out in a list', { ...smallest, dataset: { uri: ['a.csv', '/b.csv'] } }, 'dataset.uri[1]', /not absolute/],
  [
    'an encoding that there is not',
    { ...smallest, dataset: { uri: 'a.csv', encoding: 'utf-9' } },
    'dataset.encoding',
    /^must be an encoding/,
  ],
  [
    'an encoding of Parquet',
    { ...smallest, dataset: { uri: 'a.parquet', encoding: 'latin1' } },
    'dataset.encoding',
    /only for text/,
  ],
  [
    'a long delimiter',
    { ...smallest, dataset: { uri: 'a.csv', delimiter: '::' } },
    'dataset.delimiter',
    /^must be one character/,
  ],
  [
    'a delimiter of JSON Lines',
    { ...smallest, dataset: { uri: 'a.jsonl', delimiter: ';' } },
    'dataset.delimiter',
    /only for CSV/,
  ],
  ['a nameless kind', { ...smallest, dataset: { uri: 'data' } }, 'dataset.uri', /give `dataset.format`/],
  [
    'another format',
    { ...smallest, dataset: { uri: 'a', format: 'xml' } },
    'dataset.format',
    /^must be "jsonl" or "csv" or "parquet", not ".+"$/,
  ],
  ['no provider', without('provider'), 'provider', /^is missing; there are openai, anthropic$/],
  [
    'an unknown provider',
    { ...smallest, provider: 'opnai' },
    'provider',
    /mean `openai`\? there are openai, anthropic/,
  ],
  ['an inherited provider', { ...smallest, provider: 'toString' }, 'provider', /^unknown provider; there are/],
  ['another endpoint', { ...smallest, endpoint: '/v1/messages' }, 'endpoint', /there are \/v1\/chat/],
  ['no model', without('model'), 'model', /^is missing$/],
  ['a model without request', without('request'), 'model', /ready-made request lines/],
  ['two requests', { ...smallest, prompt: { user: 'x' } }, 'prompt', /stands instead of `request`/],
  ['two models', { ...smallest, request: { model: 'x' } }, 'request.model', /differs from `model`/],
  ['a request that is none', { ...smallest, request: [] }, 'request', /^must be an object$/],
  ['a request that streams', { ...smallest, request: { stream: true } }, 'request', /^stream: leave it out$/],
  ['bad Liquid', { ...smallest, request: { messages: ['{{ text'] } }, 'request.messages[0]', /./],
  ['a tag that never ends', { ...smallest, request: { a: '{% if x %}' } }, 'request.a', /./],
  [
    'a schema that is none',
    { ...smallest, schema: { type: 'strnig' } },
    'schema',
    /^is not a valid JSON Schema at \/type/,
  ],
  [
    'a schema that leads nowhere',
    { ...smallest, schema: { $ref: '#/nowhere' } },
    'schema',
    /\$ref in it leads nowhere/,
  ],
  ['a poll that shrinks', { ...smallest, poll: { initial: '10m', max: '1m' } }, 'poll.max', /no shorter/],
  ['retry past the end', { ...smallest, deadline: { job: '1h', then: 'retry' } }, 'deadline.then', /nothing is sent/],
  ['a tenant with a space', { ...smallest, tenant: 'team a' }, 'tenant', /at most 64 letters/],
  ['a fourth priority', { ...smallest, priority: 4 }, 'priority', /./],
  ['an unknown mode', { ...smallest, mode: 'fast' }, 'mode', /^must be "batch" or "realtime" or "hybrid", not "fast"$/],
])('%s gives one clear message', (_title, input, where, message) => {
  const problems = problemsOf(input);
  expect(problems).toHaveLength(1);
  expect(problems[0]?.where).toBe(where);
  expect(problems[0]?.message).toMatch(message);
});

test('batch.inputsPerRequest is refused for an endpoint that takes one input', () => {
  expect(problemsOf({ ...smallest, batch: { inputsPerRequest: 2 } })).toMatchObject([
    { where: 'batch.inputsPerRequest', message: expect.stringContaining('takes several inputs: /v1/embeddings') },
  ]);
});

test('a schema is given once', () => {
  const { request: _, ...rest } = smallest;
  const problems = problemsOf({ ...rest, schema: {}, prompt: { user: 'x', schema: {} } });
  expect(problems).toMatchObject([{ where: 'schema' }]);
});

test('all problems are reported together', () => {
  const problems = problemsOf({
    dataset: 'a.xlsx',
    provider: 'opnai',
    modle: 'x',
    request: { messages: ['{{ a'] },
    schema: { type: 7 },
    batch: { maxItems: 0, zebra: 1 },
    retry: { backoff: 5 },
    deadline: { job: '1h', then: 'retry' },
  });
  expect(problems.map(({ where }) => where).sort()).toEqual(
    [
      'dataset',
      'provider',
      'modle',
      'request.messages[0]',
      'schema',
      'batch.maxItems',
      'batch.zebra',
      'retry.backoff',
      'deadline.then',
      'model',
    ].sort(),
  );
});

test('a nest too deep to be a request is refused, not a crash', () => {
  const deep = JSON.parse(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`);
  expect(problemsOf({ ...smallest, request: deep })).toMatchObject([
    { message: 'the input is nested more than 200 deep' },
  ]);
});

test('a key that would change every object is an unknown field', () => {
  expect(problemsOf(JSON.parse('{"__proto__":{"provider":"openai"},"dataset":"a.jsonl"}')).length).toBeGreaterThan(0);
});

test('only a lone `job` is a reference', () => {
  expect(jobReference({ job: 'jobs/a.json' })).toBe('jobs/a.json');
  for (const input of [null, undefined, 'a', [], {}, { job: '' }, { job: 1 }, { job: 'a', model: 'b' }, smallest]) {
    expect(jobReference(input)).toBeNull();
  }
});
