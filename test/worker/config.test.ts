// The worker's environment: addresses, times and prices it takes, and what an empty variable means.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { builtInPrices } from '../../domain/money/prices.ts';
import { readConfig } from '../../worker/config.ts';

test('a worker opens no port unless it is asked to, and drains for half a minute', () => {
  expect(readConfig({})).toMatchObject({ health: null, metrics: null, drainMs: 30_000, bundlePath: null });
});

test('addresses of both families are taken', () => {
  const config = readConfig({ NIGHTSHIFT_HEALTH: '0.0.0.0:8081', NIGHTSHIFT_METRICS: '[::1]:9464' });
  expect(config.health).toEqual({ host: '0.0.0.0', port: 8081 });
  expect(config.metrics).toEqual({ host: '::1', port: 9464 });
});

test.each(['8081', 'localhost:8081', '0.0.0.0', '0.0.0.0:99999', '1.2.3:80'])('%s is refused by name', (text) => {
  expect(() => readConfig({ NIGHTSHIFT_METRICS: text })).toThrow(
    /NIGHTSHIFT_METRICS: must be an IP address and a port/,
  );
});

test('an empty variable is one that is not set', () => {
  const config = readConfig({ NIGHTSHIFT_HEALTH: '', NIGHTSHIFT_DATA: '', OPENAI_BASE_URL: '', OPENAI_API_KEY: '' });
  expect(config).toMatchObject({ health: null, dataRoot: '.' });
  expect(config.providers.accounts.openai).toEqual({
    default: { apiKey: null, baseUrl: 'https://api.openai.com/v1', region: null },
  });
});

function pricesOf(models: object) {
  const root = mkdtempSync(join(tmpdir(), 'nightshift-prices-test-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const path = join(root, 'prices.json');
  writeFileSync(path, JSON.stringify({ dated: '2026-01-01', models }));
  return readConfig({ NIGHTSHIFT_PRICES: path }).prices;
}

test('prices of a person’s own come before the built-in ones, which only fill in how long an answer may be', () => {
  const lane = { input: 1, cacheWrite: 2, output: 3 };
  const hour = { ...lane, cacheWrite1h: 4 };
  const twice = { input: 2, output: 6 };
  const longContext = { above: 9, inputFactor: 2, outputFactor: 3 };
  const { dated, models } = pricesOf({
    'gpt-4o-mini': { batch: lane, realtime: twice },
    'gpt-4o': { batch: hour, realtime: twice, maxOutputTokens: 5, longContext },
    mine: { realtime: twice },
  });
  expect(dated).toBe('2026-01-01');
  expect(models['gpt-4o-mini']).toEqual({ batch: lane, realtime: twice, maxOutputTokens: 16_384 });
  expect(models['gpt-4o']).toEqual({ batch: hour, realtime: twice, maxOutputTokens: 5, longContext });
  expect(models.mine).toEqual({ batch: twice, realtime: twice });
  expect(models['gpt-5.4']).toEqual(builtInPrices.models['gpt-5.4']);
});

test.each([
  ['the same', { input: 1, output: 2 }, { input: 1, output: 2 }],
  ['a more expensive output', { input: 1, output: 5 }, { input: 2, output: 4 }],
])('prices whose batch is not cheaper are refused, with %s', (_, batch, realtime) => {
  expect(() => pricesOf({ mixed: { batch, realtime } })).toThrow(
    /NIGHTSHIFT_PRICES: .*prices\.json: the batch price of mixed is not below its realtime price/,
  );
});

test.each(['batch', 'realtime'] as const)(
  'a cached input token that costs more than any other is refused, in %s',
  (lane) => {
    const prices = { batch: { input: 1, output: 2 }, realtime: { input: 2, output: 4 } };
    const mixed = { ...prices, [lane]: { ...prices[lane], cachedInput: prices[lane].input + 0.1 } };
    expect(() => pricesOf({ mixed })).toThrow(/a cached input token of mixed costs more than any other/);
    const equal = { ...prices, [lane]: { ...prices[lane], cachedInput: prices[lane].input } };
    expect(pricesOf({ equal }).models.equal).toEqual(equal);
  },
);

test.each([
  ['batch.input', { batch: { input: -1, output: 1 }, realtime: { input: 2, output: 4 } }],
  ['realtime.cachedInput', { realtime: { input: 2, cachedInput: -1, output: 4 } }],
])('a price below zero is refused: %s', (field, mine) => {
  expect(() => pricesOf({ mine })).toThrow(`is not a price file: models.mine.${field}`);
});

test('an output that is free in both lanes is not a mistake', () => {
  const prices = { batch: { input: 1, output: 0 }, realtime: { input: 2, output: 0 } };
  expect(pricesOf({ vectors: prices }).models.vectors).toEqual(prices);
});
