// A queue as a person writes it: its defaults, its problems, and the job of a flush.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { queueReference } from '../../input/queue/reference.ts';
import { hasTemplate, parseQueue, type QueueSpec, writeFlushJob } from '../../input/queue/resolve.ts';
import { parseJob } from '../../input/resolve.ts';
import { facts } from './facts.ts';

const job = { provider: 'openai', model: 'gpt-5.4-mini', prompt: { user: '{{ text }}' } };
const hourMs = 3_600_000;

function resolve(input: object, name = 'tickets'): QueueSpec {
  const parsed = parseQueue(input, name);
  if (parsed.kind === 'problems') throw new Error(JSON.stringify(parsed.problems));
  return parsed.spec;
}

test('a queue of only a job has the defaults that docs/queues.md says', () => {
  expect(resolve({ job })).toEqual({
    name: 'tickets',
    output: 'queues/tickets/',
    job,
    outputFormat: null,
    flush: { items: 10_000, bytes: 64 * 1024 * 1024, ageMs: hourMs, everyMs: null },
    concurrency: 10,
    rememberMs: 24 * hourMs,
    slaMs: null,
  });
  const page = readFileSync(new URL('../../docs/queues.md', import.meta.url), 'utf8');
  const defaults = [...page.matchAll(/^\| `([\w.]+)` +\|.*\| ([^|]+?) +\|$/gm)].map(([, field, value]) => [
    field,
    value,
  ]);
  expect(Object.fromEntries(defaults)).toMatchObject({
    'flush.items': '10,000',
    'flush.bytes': '64 MB',
    'flush.age': '`1h`',
    'flush.every': 'never',
    'flush.concurrency': '10',
    remember: '`24h`',
  });
});

test('queues whose names differ only in their case have different folders', () => {
  const folders = ['tickets', 'Tickets', 'TICKETS'].map((name) => resolve({ job }, name).output.toLowerCase());
  expect(new Set(folders).size).toBe(3);
});

test('the job of a flush is a job that a person could write; an urgent one is realtime', () => {
  const spec = resolve({ job, output: { uri: 's3://bucket/q', format: 'csv' } });
  const where = { dataset: 's3://bucket/q/flushes/1.rows.jsonl', output: 's3://bucket/q/results/1/' };
  const parsed = parseJob(writeFlushJob(spec, { ...where, isUrgent: false }), facts);
  expect(parsed).toMatchObject({
    kind: 'job',
    spec: { dataset: { uri: where.dataset, id: 'id' }, output: where.output, outputFormat: 'csv', mode: 'batch' },
  });
  const urgent = parseJob(writeFlushJob(spec, { ...where, isUrgent: true }), facts);
  expect(urgent).toMatchObject({ kind: 'job', spec: { mode: 'realtime' } });
});

test('request lines that are ready-made have no template', () => {
  expect(hasTemplate({ job: { provider: 'openai' } })).toBe(false);
  expect(hasTemplate({ job })).toBe(true);
});

test.each([
  [{}, 'job', 'must be an object'],
  [{ job: [] }, 'job', 'must be an object'],
  [{ job: { ...job, reuse: 'a' } }, 'job.reuse', 'leave it out: the queue remembers the ids of its items by itself'],
  [{ job, flush: { items: 50_001 } }, 'flush.items', 'must be at most 50000'],
  [{ job, flush: { age: '10ms' } }, 'flush.age', 'must be at least 1s'],
  [{ job, flush: { evry: '1h' } }, 'flush.evry', 'unknown field; did you mean `every`?'],
  [{ job, output: 'runs/{date}' }, 'output', expect.stringContaining('{date}')],
  [{ job, queue: 'a.json' }, 'queue', expect.stringContaining('unknown field')],
])('%j is refused at %s', (input, where, message) => {
  expect(parseQueue(input, 'tickets')).toMatchObject({ kind: 'problems', problems: [{ where, message }] });
});

test('only an object with nothing but a path is a reference', () => {
  const inputs = [{ queue: 'q.json' }, { queue: 'q.json', job }, { queue: '' }, { queue: 7 }, 'q.json', null];
  expect(inputs.map(queueReference)).toEqual(['q.json', null, null, null, null, null]);
});
