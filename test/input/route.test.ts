// Hybrid jobs as they are written: what is refused, and what the fields become.

import { expect, test } from 'vitest';
import { parseJob } from '../../input/resolve.ts';
import { facts, smallest } from './facts.ts';

const hybrid = { ...smallest, mode: 'hybrid' };

test.each<[string, unknown, string, RegExp]>([
  ['a hybrid job without a route', hybrid, 'route', /^is missing: it says which rows/],
  ['a route without the mode', { ...smallest, route: { upTo: 5 } }, 'route', /^is only for `mode: "hybrid"`/],
  ['a route in realtime', { ...smallest, mode: 'realtime', route: { upTo: 5 } }, 'route', /^is only for/],
  ['a route of all rows', { ...hybrid, route: {} }, 'route', /^would take every row: give `when`/],
  ['a route of no rows', { ...hybrid, route: { upTo: 0 } }, 'route.upTo', /^must be at least 1$/],
  [
    'a condition that is none',
    { ...hybrid, route: { when: 'priority = "high"' } },
    'route.when',
    /^is not valid Liquid \(line 1, column 11\)$/,
  ],
  [
    'a template for a condition',
    { ...hybrid, route: { when: '{{ urgent }}' } },
    'route.when',
    /^must be a condition without braces/,
  ],
])('%s is refused', (_title, input, where, message) => {
  const parsed = parseJob(input, facts);
  if (parsed.kind !== 'problems') throw new Error('no problem was found');
  expect(parsed.problems).toEqual([{ where, message: expect.stringMatching(message) }]);
});

test.each([
  ['a condition and a number', { when: 'urgent', upTo: 5 }, {}, { when: 'urgent', upTo: 5 }],
  ['a condition alone', { when: 'urgent' }, {}, { when: 'urgent', upTo: null }],
  ['what the limits allow', {}, { rpm: 60 }, { when: null, upTo: null }],
])('%s is a route', (_title, route, realtime, expected) => {
  expect(parseJob({ ...hybrid, route, realtime }, facts)).toMatchObject({
    kind: 'job',
    spec: { mode: 'hybrid', route: expected },
    warnings: [],
  });
});

test('a provider without batches answers all rows in realtime, and the job says so', () => {
  const { openai } = facts.providers;
  if (openai === undefined) throw new Error('the facts have no openai');
  const without = { ...facts, providers: { openai: { ...openai, lanes: ['realtime'] as const } } };
  const parsed = parseJob({ ...hybrid, route: { upTo: 5 } }, without);
  expect(parsed).toMatchObject({ kind: 'job', spec: { mode: 'realtime' } });
  expect(parsed).not.toHaveProperty('spec.route');
  expect(parsed).toHaveProperty('warnings', [expect.stringContaining('has no batch API here')]);
});
