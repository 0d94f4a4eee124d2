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
  const longContext = { above: 9, inputFactor: 2, outputFactor: 3 };
  const { dated, models } = pricesOf({
    'gpt-4o-mini': { batch: lane, realtime: lane },
    'gpt-4o': { batch: hour, realtime: hour, maxOutputTokens: 5, longContext },
    mine: { batch: lane, realtime: lane },
  });
  expect(dated).toBe('2026-01-01');
  expect(models['gpt-4o-mini']).toEqual({ batch: lane, realtime: lane, maxOutputTokens: 16_384 });
  expect(models['gpt-4o']).toEqual({ batch: hour, realtime: hour, maxOutputTokens: 5, longContext });
  expect(models.mine).toEqual({ batch: lane, realtime: lane });
  expect(models['gpt-5.4']).toEqual(builtInPrices.models['gpt-5.4']);
});
