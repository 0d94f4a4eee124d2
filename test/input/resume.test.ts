// A resumed job may be run another way, and may not become another job.
// biome-ignore-all lint/suspicious/noThenProperty: the public name of a choice, and never a function.

import { expect, test } from 'vitest';
import type { JobSpec } from '../../domain/job.ts';
import { parseJob } from '../../input/resolve.ts';
import { takeOver } from '../../input/resume.ts';
import { facts, smallest } from './facts.ts';

function old(): JobSpec {
  const parsed = parseJob({ ...smallest, output: 'runs/x/' }, facts);
  if (parsed.kind !== 'job') throw new Error('the smallest job is a job');
  return parsed.spec;
}

function resumed(input: object) {
  const parsed = parseJob({ resumeFrom: 'runs/x', ...input }, facts);
  if (parsed.kind !== 'resume') throw new Error(JSON.stringify(parsed));
  return parsed;
}

function taken(input: object) {
  const { changes, same } = resumed(input);
  return takeOver(old(), changes, same, facts);
}

test('where to resume from is enough, and changes nothing', () => {
  expect(resumed({})).toMatchObject({ from: 'runs/x/', changes: {} });
  expect(taken({})).toEqual({ kind: 'job', spec: old() });
});

test('what says how the job is run is changed, and only that', () => {
  const result = taken({
    budget: { usd: 9 },
    sla: '3h',
    deadline: { job: '2h' },
    retry: { rounds: 1, flawed: false },
    poll: { max: '1m' },
    batch: { concurrency: 2 },
    realtime: { rpm: 5 },
    fallback: { lane: 'none' },
    keep: { responses: true },
  });
  const before = old();
  expect(result).toEqual({
    kind: 'job',
    spec: {
      ...before,
      budgetUsd: 9,
      slaMs: 10_800_000,
      deadline: { ...before.deadline, jobMs: 7_200_000 },
      retry: { ...before.retry, rounds: 1, flawed: false },
      poll: { ...before.poll, maxMs: 60_000 },
      batch: { ...before.batch, concurrency: 2 },
      realtime: { ...before.realtime, rpm: 5 },
      fallback: { ...before.fallback, lane: 'none' },
      keep: { ...before.keep, responses: true },
    },
  });
});

test('the job file as it was, with resumeFrom added, is not a contradiction', () => {
  expect(taken({ ...smallest, output: './runs/x', batch: { maxItems: 1e9 } }).kind).toBe('problems');
  expect(taken({ ...smallest, output: './runs/x', batch: { maxItems: 10_000 } })).toEqual({ kind: 'job', spec: old() });
});

test.each([
  ['dataset', { dataset: 'other.jsonl' }],
  ['provider', { provider: 'anthropic' }],
  ['model', { model: 'other' }],
  ['request', { request: { messages: [] } }],
  ['schema', { schema: { type: 'object' } }],
  ['batch.maxItems', { batch: { maxItems: 5 } }],
  ['mode', { mode: 'realtime' }],
  ['route', { mode: 'hybrid', route: { upTo: 5 } }],
  ['minBatchItems', { minBatchItems: 7 }],
  ['budget.strict', { budget: { usd: 9, strict: true } }],
])('%s is as it was or left out', (where, input) => {
  const result = taken(input);
  if (result.kind !== 'problems') throw new Error('a difference was not seen');
  expect(result.problems.map((problem) => problem.where)).toContain(where);
  expect(result.problems[0]?.message).toContain('leave it out');
});

test('the output of a resumed job is where it was', () => {
  expect(parseJob({ resumeFrom: 'runs/x', output: 'runs/y' }, facts)).toMatchObject({
    kind: 'problems',
    problems: [{ where: 'output' }],
  });
});

test('changes that contradict what stays are refused', () => {
  const before: JobSpec = { ...old(), deadline: { ...old().deadline, then: 'retry' } };
  const { changes, same } = resumed({ deadline: { job: '1h' } });
  expect(takeOver(before, changes, same, facts)).toMatchObject({ problems: [{ where: 'deadline.then' }] });
});

test('a wrong field is a problem in a resumed job too', () => {
  expect(parseJob({ resumeFrom: '../x', retry: { round: 1 } }, facts)).toMatchObject({
    problems: [{ where: 'resumeFrom' }, { where: 'retry.round' }].reverse(),
  });
});
