// The built-in prices: found under the names in answers, and higher in realtime than in a batch.

import { expect, test } from 'vitest';
import { costUsd, findPrice, findPricesIn } from '../../domain/money/cost.ts';
import { builtInPrices } from '../../domain/money/prices.ts';
import { noUsage } from '../../domain/outcome/usage.ts';
import { decode } from '../../providers/dialects/openai/answers.ts';
import { openaiFaults } from '../../providers/vendors/openai/faults.ts';

const { models } = builtInPrices;

test('a dated or tuned name has the price of its model', () => {
  expect(findPrice('gpt-5.4-mini-2026-03-01', models)).toBe(models['gpt-5.4-mini']);
  expect(findPrice('ft:gpt-4o-mini:acme::1', models)).toBe(models['gpt-4o-mini']);
  expect(findPrice('claude-haiku-4-5-20251001', models)).toBe(models['claude-haiku-4-5']);
  expect(findPrice('claude-haiku-4-5@20251001', models)).toBe(models['claude-haiku-4-5']);
  expect(findPrice('omni-moderation-latest', models)).toBe(models['omni-moderation']);
  expect(findPrice('gemini-2.5-flash', models)).toBe(models['gemini-2.5-flash']);
});

test.each(['constructor', '__proto__', 'toString'])('a model that is called %s has no price', (name) => {
  expect(findPrice(name, models)).toBeUndefined();
});

test('a batch costs half of what realtime does, and four fifths at one vendor', () => {
  const usage = { ...noUsage, input: 1000, output: 1000 };
  for (const [name, price] of Object.entries(models)) {
    const [batch, realtime] = [costUsd(usage, 'batch', price), costUsd(usage, 'realtime', price)];
    const share = name.startsWith('grok-') ? 0.8 : 0.5;
    expect(batch, name).toBeCloseTo((realtime ?? Number.NaN) * share, 6);
  }
});

test('above its bound a long prompt costs more', () => {
  const usage = { ...noUsage, input: 300_000, output: 0 };
  expect(costUsd(usage, 'batch', models['gpt-5.4'])).toBeCloseTo(0.75);
  expect(costUsd(usage, 'batch', models['gpt-5.4-mini'])).toBeCloseTo(0.1125);
  expect(costUsd(usage, 'batch', models['gemini-2.5-pro'])).toBeCloseTo(0.375);
  expect(costUsd(usage, 'batch', models['gemini-2.5-flash'])).toBeCloseTo(0.045);
});

test('in an account that is bound to a region, newer models cost a tenth more, whatever the token', () => {
  const usage = { ...noUsage, input: 3_000_000, cachedInput: 1_000_000, cacheWrite: 1_000_000, output: 1_000_000 };
  for (const [name, factor] of [
    ['claude-sonnet-4-6', 1.1],
    ['gpt-5.4', 1.1],
    ['gpt-6-luna', 1.1],
    ['gpt-4o', 1],
    ['gemini-3.8-flash', 1.1],
    ['gemini-2.5-pro', 1],
  ] as const) {
    for (const lane of ['batch', 'realtime'] as const) {
      const everywhere = costUsd(usage, lane, models[name]) ?? Number.NaN;
      expect(costUsd(usage, lane, findPricesIn('us', models)[name]), name).toBeCloseTo(everywhere * factor, 9);
      expect(costUsd(usage, lane, findPricesIn('global', models)[name]), name).toBe(everywhere);
      expect(costUsd(usage, lane, findPricesIn(null, models)[name]), name).toBe(everywhere);
    }
  }
});

test('an edit of an image costs what its text, the image before and the image after it cost', () => {
  const usage = {
    input_tokens: 1_100_000,
    input_tokens_details: { text_tokens: 100_000, image_tokens: 1_000_000 },
    output_tokens: 1_000_000,
    total_tokens: 2_100_000,
  };
  const body = { created: 1, data: [{ b64_json: 'AAAA' }], usage };
  const line = JSON.stringify({ custom_id: 'a', response: { status_code: 200, body }, error: null });
  const answer = decode(Buffer.from(line), '/v1/images/edits', openaiFaults.items);
  if (answer.kind !== 'answer') throw new Error('the line is not read');
  const price = findPrice('gpt-image-2-2026-04-21', models);
  expect(costUsd(answer.usage, 'batch', price)).toBeCloseTo(0.25 + 4 + 15, 9);
  expect(costUsd(answer.usage, 'realtime', price)).toBeCloseTo(0.5 + 8 + 30, 9);
});
