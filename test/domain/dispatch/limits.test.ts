// Limits that are set while the dispatcher runs stand over the file's, and absurd ones are refused.

import { expect, test } from 'vitest';
import {
  findProblem,
  findTenant,
  type Limits,
  mergeLimits,
  noLimits,
  noOverrides,
  setCap,
  setLimits,
  setTenant,
} from '../../../domain/dispatch/limits.ts';

const file: Limits = {
  ...noLimits,
  accounts: { 'openai/default': { batches: 5, dayUsd: 3, models: { m: { enqueuedTokens: 100, batches: 2 } } } },
  tenants: { a: { batches: 1, weight: 2 } },
  otherTenants: { batches: 9, dayUsd: 4 },
};

test('what is set stands over the file, and null takes the value of the file again', () => {
  const set = setLimits(noOverrides, { provider: 'openai', model: 'm', enqueuedTokens: 7 });
  expect(mergeLimits(file, set).accounts['openai/default']).toEqual({
    batches: 5,
    dayUsd: 3,
    models: { m: { enqueuedTokens: 7, batches: 2 } },
  });
  const back = setLimits(set, { provider: 'openai', model: 'm', enqueuedTokens: null });
  expect(mergeLimits(file, back).accounts).toEqual(file.accounts);
});

test('a limit of the whole account leaves its models as they are', () => {
  const set = setLimits(noOverrides, { provider: 'openai', batches: 0 });
  expect(mergeLimits(file, set).accounts['openai/default']).toMatchObject({
    batches: 0,
    models: { m: { batches: 2 } },
  });
});

test('a tenant that the file does not name begins with the limits of the others', () => {
  const set = setCap(setTenant(noOverrides, { tenant: 'new', weight: 3 }), { tenant: 'new', monthUsd: 8 });
  expect(findTenant(mergeLimits(file, set), 'new')).toEqual({ batches: 9, dayUsd: 4, weight: 3, monthUsd: 8 });
  expect(findTenant(mergeLimits(file, set), 'another')).toEqual(file.otherTenants);
});

test('features and accounts have caps', () => {
  const set = setCap(setCap(noOverrides, { feature: 'f', dayUsd: 1 }), { account: 'openai/default', dayUsd: 2 });
  const merged = mergeLimits(file, set);
  expect(merged.features).toEqual({ f: { dayUsd: 1 } });
  expect(merged.accounts['openai/default']).toMatchObject({ dayUsd: 2, batches: 5 });
});

const names = ['provider', 'model'];
const values = ['batches', 'weight', 'dayUsd'];

test.each([
  [null, 'give an object'],
  ['x', 'give an object'],
  [{ provider: 'openai' }, 'give at least one of'],
  [{ provider: 'openai', batches: -1 }, 'batches: must be a whole number'],
  [{ provider: 'openai', batches: 1.5 }, 'batches: must be a whole number'],
  [{ provider: 'openai', batches: 1e13 }, 'batches: must be'],
  [{ provider: 'openai', batches: Number.NaN }, 'batches: must be'],
  [{ provider: 'openai', batches: '3' }, 'batches: must be'],
  [{ provider: 'openai', weight: 0 }, 'weight: must be above 0'],
  [{ provider: 'openai', dayUsd: Number.POSITIVE_INFINITY }, 'dayUsd: must be'],
  [{ provider: '', batches: 1 }, 'provider: must be a text'],
  [{ provider: 'x'.repeat(201), batches: 1 }, 'provider: must be a text'],
  [{ provider: 'openai', batchs: 1 }, 'batchs: is not one of'],
])('%j is refused', (input, problem) => {
  expect(findProblem(input, names, values)).toContain(problem);
});

test.each([
  [{ provider: 'openai', batches: 0 }],
  [{ provider: 'openai', batches: null }],
  [{ dayUsd: 0.5, model: 'm' }],
])('%j is accepted', (input) => {
  expect(findProblem(input, names, values)).toBeNull();
});

test('requests and tokens a minute are those of a model', () => {
  const set = setLimits(noOverrides, { provider: 'openai', model: 'm', rpm: 60, interactive: 0.5 });
  expect(mergeLimits(file, set).accounts['openai/default']?.models?.['m']).toEqual({
    enqueuedTokens: 100,
    batches: 2,
    rpm: 60,
    interactive: 0.5,
  });
  const fields = ['rpm', 'tpm', 'interactive'];
  expect(findProblem({ provider: 'openai', interactive: 1.5 }, names, fields)).toContain('a number from 0 to 1');
  expect(findProblem({ provider: 'openai', rpm: 0.5 }, names, fields)).toContain('a whole number');
});
