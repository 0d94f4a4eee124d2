// The worker's environment: addresses and times it takes, and what an empty variable means.

import { expect, test } from 'vitest';
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
  expect(config.accounts.openai).toEqual({ default: { apiKey: null, baseUrl: 'https://api.openai.com/v1' } });
});
