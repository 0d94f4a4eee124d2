// The worker's configuration file: accounts and profiles, and what is refused in it.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createProviders } from '../../providers/registry.ts';
import { readConfig } from '../../worker/config.ts';

function write(content: unknown): string {
  const root = mkdtempSync(join(tmpdir(), 'nightshift-config-test-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const path = join(root, 'worker.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const read = (content: unknown, variables: Record<string, string> = {}) =>
  readConfig({ ...variables, NIGHTSHIFT_CONFIG: write(content) }).providers;

test('an account has the settings that the file gives it, and the defaults of the others', () => {
  const { accounts } = read(
    { accounts: { openai: { eu: { apiKey: { env: 'EU_KEY' }, region: 'eu' } } } },
    { EU_KEY: 'secret', OPENAI_API_KEY: 'main' },
  );
  expect(accounts.openai).toEqual({
    default: { apiKey: 'main', baseUrl: 'https://api.openai.com/v1', region: null },
    eu: { apiKey: 'secret', baseUrl: 'https://api.openai.com/v1', region: 'eu' },
  });
});

test('the account `default` has the settings of the file and those of its variables', () => {
  const file = { accounts: { openai: { default: { region: 'eu', apiKey: { env: 'OPENAI_API_KEY' } } } } };
  const variables = { OPENAI_API_KEY: 'main', OPENAI_BASE_URL: 'https://proxy.example.com/v1' };
  expect(read(file, variables).accounts.openai).toEqual({
    default: { apiKey: 'main', baseUrl: 'https://proxy.example.com/v1', region: 'eu' },
  });
});

test('an account `default` to which file and variable give different values is refused, and no value is shown', () => {
  const file = { accounts: { openai: { default: { region: 'eu', apiKey: { env: 'EU_KEY' } } } } };
  expect(() => read(file, { OPENAI_API_KEY: 'main', EU_KEY: 'other', OPENAI_REGION: 'us' })).toThrow(
    [
      'NIGHTSHIFT_CONFIG: accounts.openai.default.apiKey: OPENAI_API_KEY gives another value: remove one of the two',
      'NIGHTSHIFT_CONFIG: accounts.openai.default.region: OPENAI_REGION gives another value: remove one of the two',
    ].join('\n'),
  );
});

test('the key of the account `default` is not taken for the one that the file names and that is not set', () => {
  const account = { apiKey: { env: 'TEAM_B_KEY' }, baseUrl: 'https://team-b.example.com/v1' };
  const file = { accounts: { openai: { default: account } } };
  expect(() => read(file, { OPENAI_API_KEY: 'main' })).toThrow(
    'NIGHTSHIFT_CONFIG: accounts.openai.default.apiKey: TEAM_B_KEY is not set, and OPENAI_API_KEY is not used instead: remove one of the two',
  );
  expect(read(file).accounts.openai?.default?.apiKey).toBeNull();
});

test.each([
  ['BEDROCK_ACCESS_KEY_ID', 'accessKeyId (BEDROCK_ACCESS_KEY_ID) without secretAccessKey (BEDROCK_SECRET_ACCESS_KEY)'],
  [
    'BEDROCK_SECRET_ACCESS_KEY',
    'secretAccessKey (BEDROCK_SECRET_ACCESS_KEY) without accessKeyId (BEDROCK_ACCESS_KEY_ID)',
  ],
])('half of a key is refused, where only %s is set', (variable, named) => {
  const half = { [variable]: 'half' };
  expect(() => readConfig(half)).toThrow(`the account default of bedrock has ${named}: give both or neither`);
  const name = variable.endsWith('_ID') ? 'accessKeyId' : 'secretAccessKey';
  expect(() => read({ accounts: { bedrock: { eu: { [name]: { env: 'HALF' } } } } }, { HALF: 'half' })).toThrow(
    `the account eu of bedrock has ${named}`,
  );
});

test('a whole key is taken', () => {
  const whole = { BEDROCK_ACCESS_KEY_ID: 'id', BEDROCK_SECRET_ACCESS_KEY: 'key' };
  const { accounts } = readConfig(whole).providers;
  expect(accounts.bedrock?.default).toMatchObject({ accessKeyId: 'id', secretAccessKey: 'key' });
});

test('a missing key of an account is named where it belongs', () => {
  const { accounts, vendors } = read({ accounts: { openai: { eu: { region: 'eu' } } } });
  expect(createProviders(accounts, vendors).credentials('openai', 'eu')).toEqual({
    present: false,
    isConfigured: true,
    variable: 'accounts.openai.eu.apiKey in NIGHTSHIFT_CONFIG',
  });
});

test('an account has the bucket that the file gives it, and another one none', () => {
  const bucket = { project: 'p', region: 'eu', bucket: 'gs://b/in//' };
  const { accounts, vendors } = read({ accounts: { vertex: { eu: bucket } } });
  const folder = (account: string) => createProviders(accounts, vendors).bucket('vertex', account);
  expect([folder('eu'), folder('default'), folder('nobody')]).toEqual(['gs://b/in/', null, null]);
});

test('a profile is a provider with variables of its own', () => {
  const { accounts, vendors } = read(
    { profiles: { 'my-gateway': { baseUrl: 'https://llm.example.com/v1', batch: { itemsMax: 7, window: '48h' } } } },
    { MY_GATEWAY_API_KEY: 'key' },
  );
  const provider = createProviders(accounts, vendors).get('my-gateway');
  expect(provider).toMatchObject({ name: 'my-gateway', limits: { itemsMax: 7, windowMs: 172_800_000 } });
  expect(accounts['my-gateway']).toEqual({ default: { apiKey: 'key', baseUrl: 'https://llm.example.com/v1' } });
});

test('a profile replaces a shipped one', () => {
  const { vendors } = read({
    profiles: {
      groq: { baseUrl: 'https://other.example.com/v1' },
    },
  });
  const baseUrl = (name: string) => vendors[name]?.settings.find((setting) => setting.name === 'baseUrl')?.default;
  expect(baseUrl('groq')).toBe('https://other.example.com/v1');
});

test.each([
  ['{ broken', /NIGHTSHIFT_CONFIG: .*worker\.json is not JSON$/],
  [{ acounts: {} }, /acounts/],
  [{ accounts: { nobody: {} } }, /accounts\.nobody: there is no such provider/],
  [
    { accounts: { openai: { eu: { key: 'x' } } } },
    /accounts\.openai\.eu\.key: there is no such setting; there are apiKey, baseUrl, region/,
  ],
  [
    { accounts: { openai: { eu: { apiKey: 'sk-secret' } } } },
    /accounts\.openai\.eu\.apiKey: put the secret into a variable/,
  ],
  [
    { profiles: { openai: { baseUrl: 'https://x.example/v1' } } },
    /profiles\.openai: this provider has code of its own; give the profile another name/,
  ],
  [
    { accounts: { openai: { eu: { apiKey: { env: 'EU_KEY' }, baseUrl: { env: 'EU_PROXY' } } } } },
    /accounts\.openai\.eu\.baseUrl: the variable EU_PROXY is not set/,
  ],
  [
    { accounts: { bedrock: { eu: { accessKeyId: { env: 'EU_ID' }, secretAccessKey: { env: 'EU_KEY' } } } } },
    /accounts\.bedrock\.eu\.accessKeyId: the variable EU_ID is not set\n.*secretAccessKey: the variable EU_KEY is not set/,
  ],
  [{ profiles: { 'Not A Name': { baseUrl: 'https://x.example' } } }, /profiles/],
  [{ profiles: { x: { baseUrl: 'https://x.example/v1', endpoints: ['/v1/nothing'] } } }, /profiles\.x\.endpoints/],
  [{ profiles: { x: { baseUrl: 'https://x.example/v1', batch: { window: 'soon' } } } }, /profiles\.x\.batch\.window/],
])('%j is refused by name', (content, message) => {
  expect(() => read(content)).toThrow(message);
  expect(() => read(content)).not.toThrow(/sk-secret/);
});

test('a file that is not there is named', () => {
  expect(() => readConfig({ NIGHTSHIFT_CONFIG: '/nowhere/worker.json' })).toThrow(
    '/nowhere/worker.json cannot be read',
  );
});

test('rates are given for accounts that exist, and tenants have a weight of 1 unless the file says another', () => {
  const accounts = { openai: { eu: {} } };
  const rates = { openai: { default: { createsPerHour: 2000 }, eu: { callsPerSecond: 5 } } };
  const config = readConfig({ NIGHTSHIFT_CONFIG: write({ accounts, rates, tenants: { a: { weight: 2 }, b: {} } }) });
  expect(config).toMatchObject({ rates, tenants: { a: { weight: 2 }, b: { weight: 1 } } });
});

test.each([
  [{ rates: { nobody: { default: {} } } }, 'rates.nobody: there is no such provider'],
  [{ rates: { openai: { eu: {} } } }, 'rates.openai.eu: there is no such account'],
  [{ rates: { openai: { default: { createsPerHour: 0 } } } }, 'rates.openai.default.createsPerHour'],
  [{ rates: { openai: { default: { perHour: 1 } } } }, 'perHour'],
  [{ tenants: { a: { weight: -1 } } }, 'tenants.a.weight'],
])('%j is refused: %s', (content, problem) => {
  expect(() => read(content)).toThrow(problem);
});
