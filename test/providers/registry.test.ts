// The registry: providers by account, and which of their settings are missing.

import { describe, expect, test } from 'vitest';
import { type Account, resolveAccount, type Setting } from '../../providers/account.ts';
import { createProviders, providerNames, readDefaultAccounts, vendorEntries } from '../../providers/registry.ts';
import { catchFacts, context, makeProvider } from './vendors/emulated-vendor.ts';

const fake: Account = { apiKey: 'k', baseUrl: 'http://127.0.0.1:1' };
const blank: Account = { apiKey: ' ', baseUrl: 'http://127.0.0.1:1' };

/** With these settings; the others have their defaults. */
const account = (vendor: string, values: Readonly<Record<string, string>>): Account =>
  resolveAccount(vendorEntries[vendor]?.settings ?? [], ({ name }) => values[name]);

const { openai, anthropic } = vendorEntries;
const vendors = { openai, anthropic };

describe('the registry', () => {
  const providers = createProviders({ openai: { default: blank, other: fake }, anthropic: { default: fake } }, vendors);

  test('has each provider under the name that it gives itself', () => {
    const all = createProviders(readDefaultAccounts(() => null));
    expect(all.names.map((name) => all.get(name)?.name)).toEqual(providerNames);
  });

  test('tells an unknown vendor and an unknown account from one without a key', () => {
    expect([providers.get('nobody'), providers.get('openai', 'nobody')]).toEqual([undefined, undefined]);
    expect(providers.credentials('openai')).toEqual({
      present: false,
      isConfigured: true,
      variable: 'OPENAI_API_KEY',
    });
    expect(providers.credentials('anthropic')).toEqual({
      present: true,
      isConfigured: true,
      variable: 'ANTHROPIC_API_KEY',
    });
    expect(providers.credentials('nobody').present).toBe(false);
  });

  test.each([
    ['openai', { apiKey: 'a-key' }, { apiKey: 'b-key' }],
    ['anthropic', { apiKey: 'a-key' }, { apiKey: 'a-key', baseUrl: 'https://elsewhere.example.com' }],
    [
      'azure',
      { apiKey: 'a-key', baseUrl: 'https://a.example.com' },
      { apiKey: 'a-key', baseUrl: 'https://b.example.com' },
    ],
    ['bedrock', { roleArn: 'arn:aws:iam::111111111111:role/a' }, { roleArn: 'arn:aws:iam::222222222222:role/a' }],
    ['vertex', { project: 'a' }, { project: 'b' }],
    ['fireworks', { apiKey: 'a-key', accountId: 'a' }, { apiKey: 'a-key', accountId: 'b' }],
  ])('%s: another account has another mark', (name, first, second) => {
    const marks = createProviders({ [name]: { first: account(name, first), second: account(name, second) } });
    const mark = marks.markAccount(name, 'first', 'salt');
    expect(mark).toMatch(/^[0-9a-f]{16}$/);
    expect(marks.markAccount(name, 'first', 'salt')).toBe(mark);
    expect(marks.markAccount(name, 'first', 'other salt')).not.toBe(mark);
    expect(marks.markAccount(name, 'second', 'salt')).not.toBe(mark);
  });

  test.each([
    [
      'azure',
      { apiKey: 'a-key', baseUrl: 'https://a.example.com' },
      { apiKey: 'b-key', baseUrl: 'https://a.example.com/' },
    ],
    ['bedrock', { roleArn: 'arn:aws:iam::1:role/a', accessKeyId: 'a' }, { roleArn: 'arn:aws:iam::1:role/b' }],
    ['vertex', { project: 'a', accessToken: 'a' }, { project: 'a', accessToken: 'b' }],
    ['fireworks', { apiKey: 'a-key', accountId: 'a' }, { apiKey: 'b-key', accountId: 'a' }],
  ])('%s: a renewed key of the same account has the same mark', (name, first, second) => {
    const marks = createProviders({ [name]: { first: account(name, first), second: account(name, second) } });
    expect(marks.markAccount(name, 'second', 'salt')).toBe(marks.markAccount(name, 'first', 'salt'));
  });

  test('keeps the accounts of a vendor apart', () => {
    expect(providers.credentials('openai', 'other').present).toBe(true);
    expect(providers.get('openai', 'other')).not.toBe(providers.get('openai'));
  });

  test('a vendor without a key plans, and refuses calls before anything is sent', async () => {
    const keyless = providers.get('openai') ?? makeProvider(vendorEntries.openai, {});
    const body = makeProvider(vendorEntries.openai, { apiKey: 'k' }).buildBody({ user: 'x' }, '/v1/responses');
    expect(keyless.buildBody({ user: 'x' }, '/v1/responses')).toEqual(body);
    expect(await keyless.check('m', context())).toBe('bad_key');
    const polled = keyless.poll({ id: 'b', createdAt: 0, fileId: null }, context());
    expect(await catchFacts(polled)).toMatchObject({ fault: 'unauthorized', status: null });
  });
});

describe('settings', () => {
  const all = providerNames.flatMap((name): readonly Setting[] => vendorEntries[name]?.settings ?? []);

  test('of two vendors never share a variable, and a secret has no default', () => {
    expect(new Set(all.map(({ variable }) => variable)).size).toBe(all.length);
    expect(all.filter(({ secret, default: value }) => secret && value !== null)).toEqual([]);
  });

  test('are read from their variables, else have their defaults', () => {
    const accounts = readDefaultAccounts((variable) => (variable === 'ANTHROPIC_API_KEY' ? 'k' : null), vendors);
    expect(accounts).toEqual({
      openai: { default: { apiKey: null, baseUrl: 'https://api.openai.com/v1', region: null } },
      anthropic: { default: { apiKey: 'k', baseUrl: 'https://api.anthropic.com', region: null } },
    });
  });

  test('that are optional may be missing: a region with a default, a key that a credential chain replaces', () => {
    const meaning = '';
    const settings: readonly Setting[] = [
      { name: 'region', variable: 'REGION', secret: false, required: true, default: 'eu', meaning },
      { name: 'key', variable: 'KEY', secret: true, required: false, default: null, meaning },
    ];
    expect(resolveAccount(settings, () => null)).toEqual({ region: 'eu', key: null });
  });
});
