// How many output tokens are estimated, and which field of a job needs the estimate.

import { expect, test } from 'vitest';
import { countOutputTokens, findCap } from '../../../domain/money/output-limit.ts';

test('a request’s own limit counts, otherwise its model’s, for each answer that it asks for', () => {
  const limit = { field: 'max_tokens', tokens: 'unlimited', answers: 3 } as const;
  expect(countOutputTokens({ ...limit, tokens: 7 }, 100)).toBe(21);
  expect(countOutputTokens(limit, 100)).toBe(300);
  expect(countOutputTokens(limit, undefined)).toBeNull();
  expect(countOutputTokens({ ...limit, tokens: 'unread' }, 100)).toBeNull();
});

test('work is held back by the budget, and by the fallback’s cap where there is a fallback', () => {
  const spec = { budgetUsd: null, mode: 'batch', fallback: { lane: 'realtime', maxUsd: null } } as const;
  const capped = { ...spec, fallback: { lane: 'realtime', maxUsd: 1 } } as const;
  expect(findCap(spec)).toBeNull();
  expect(findCap({ ...capped, budgetUsd: 1 })).toBe('budget');
  expect(findCap(capped)).toBe('fallback.maxUsd');
  expect(findCap({ ...capped, mode: 'realtime' })).toBeNull();
  expect(findCap({ ...capped, fallback: { lane: 'none', maxUsd: 1 } })).toBeNull();
});
