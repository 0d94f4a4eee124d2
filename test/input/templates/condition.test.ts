// Conditions over a row: what they may be, and what a row makes of them.

import { expect, test } from 'vitest';
import { compileCondition, findConditionProblem } from '../../../input/templates/condition.ts';

const row = { priority: 'high', wait: 40, tags: ['ui', 'login'], customer: { tier: 'gold' }, none: null, off: false };

test.each([
  ['priority == "high"', true],
  ['priority == "low" or wait > 30', true],
  ['wait > 30 and wait < 40', false],
  ['customer.tier == "gold"', true],
  ['tags contains "login"', true],
  ['tags[0] == "login"', false],
  ['not off', true],
  ['none', false],
  ['priority', true],
  ['tags | first', true],
  ['missing | default: false', false],
])('%s', (text, expected) => {
  expect(findConditionProblem(text)).toBeNull();
  expect(compileCondition(text)(row)).toBe(expected);
});

test.each([
  'priority = "high"',
  'priority == "high" && wait > 3',
  'priority "high"',
  'priority ==',
  '== priority',
  'priority == "high',
  'priority, wait',
  '(1..',
  ' ',
  '{{ priority }}',
  '{% if priority %}',
  'wait | nope',
  '"now" | date: "%H"',
  'wait | sample',
])('%s is refused before any row is read', (text) => {
  expect(findConditionProblem(text)).toMatch(/\w/);
});

test('a problem names the place, or what to write instead', () => {
  expect(findConditionProblem('wait == 1 | nope')).toBe('there is no filter nope');
  expect(findConditionProblem('priority = 1')).toBe('is not valid Liquid (line 1, column 11)');
  expect(findConditionProblem('{{ priority }}')).toContain('without braces');
});

test('a row without a column that the condition names is refused, also where `if` would take it as false', () => {
  const refusal = { reason: 'missing_column', message: 'there is no column urgent' };
  for (const text of ['urgent', 'not urgent', 'urgent == true', 'off and urgent']) {
    expect(compileCondition(text)(row)).toEqual(refusal);
  }
});

test('the work of a condition is bounded, row by row', () => {
  const matches = compileCondition('(1..1000000) | sort | size');
  expect(matches(row)).toMatchObject({ reason: 'rendering_too_large' });
  expect(compileCondition('tags | size')(row)).toBe(true);
});
