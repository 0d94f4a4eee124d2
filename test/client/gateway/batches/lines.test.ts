// What is known of a batch's lines: repeated ids, and whose models they ask for.

import { expect, test } from 'vitest';
import { chooseRoute, findTarget, hasOlderLimit } from '../../../../client/gateway/batches/choose-route.ts';
import { IdSet } from '../../../../client/gateway/batches/id-set.ts';
import { createDialect } from '../../../../providers/dialects/registry.ts';
import { createProviders, providerNames } from '../../../../providers/registry.ts';
import { emulatedAccounts } from '../../../../scripts/stack.ts';
import { readConfig } from '../../../../worker/config.ts';

test('an id is new once, however many there are', () => {
  const ids = new IdSet();
  const names = Array.from({ length: 20_000 }, (_, index) => `row-${index}`);
  expect(names.filter((name) => !ids.add(name))).toEqual([]);
  expect(names.filter((name) => ids.add(name))).toEqual([]);
  expect(ids.add('')).toBe(true);
});

const models = [
  { match: 'gpt-*-mini', provider: 'openai', account: 'cheap' },
  { match: 'gpt-*', provider: 'openai' },
  { match: 'exact', provider: 'anthropic' },
];
const cheap = { kind: 'route', route: { provider: 'openai', account: 'cheap' } };
const usual = { kind: 'route', route: { provider: 'openai', account: null } };

test.for([
  [{ 'gpt-5-mini': 1 }, cheap],
  [{ 'gpt-5': 1 }, usual],
  // The star may stand for nothing, and what it joins may not overlap.
  [{ 'gpt--mini': 1 }, cheap],
  [{ 'gpt-mini': 1 }, usual],
  [{ exact: 1 }, { kind: 'route', route: { provider: 'anthropic', account: null } }],
  [{ exactly: 7 }, { kind: 'problem', code: 'no_route', line: 7 }],
  [
    { 'gpt-5': 1, 'gpt-5-mini': 4 },
    { kind: 'problem', code: 'mixed', line: 4 },
  ],
  [{ 'gpt-5': 1, 'gpt-6': 2 }, usual],
] as const)('%j leads to %j', ([asked, expected]) => {
  expect(chooseRoute(asked, { models })).toMatchObject(expected);
});

test('a provider of a shipped or a user’s own profile takes the lines that most vendors take', () => {
  const names = ['openai', 'groq', 'my-server', 'anthropic', 'gemini', 'bedrock'];
  expect(names.map((provider) => findTarget({ provider, account: null }))).toEqual([
    ...Array(3).fill('openai'),
    'anthropic',
    'gemini',
    'bedrock',
  ]);
  const ofVertex = (model: string) => findTarget({ provider: 'vertex', account: null, model });
  expect([ofVertex('gemini-2.5-flash'), ofVertex('claude-haiku-4-5@20251001')]).toEqual(['gemini', 'vertex']);
});

test('a batch of a provider whose lines name no model has one model', () => {
  const rules = { models: [{ match: 'gemini-*', provider: 'gemini' }] };
  expect(chooseRoute({ 'gemini-2.5-flash': 1 }, rules)).toEqual({
    kind: 'route',
    route: { provider: 'gemini', account: null, model: 'gemini-2.5-flash' },
  });
  expect(chooseRoute({ 'gemini-2.5-flash': 1, 'gemini-2.5-pro': 3 }, rules)).toMatchObject({
    kind: 'problem',
    code: 'mixed',
    line: 3,
  });
});

test('what the gateway knows of shipped providers is what the workers know', () => {
  const { accounts, vendors } = readConfig(emulatedAccounts('http://127.0.0.1:1')).providers;
  const noBucket = (): never => {
    throw new Error('no bucket is used');
  };
  const providers = createProviders(accounts, vendors, noBucket);
  for (const provider of providerNames) {
    const dialect = providers.get(provider, 'default')?.dialect;
    const modelInBody = dialect === undefined || createDialect(dialect).modelInBody;
    const route = { provider, account: null };
    // Models of Anthropic have lines of their own there.
    const form = provider === 'vertex' ? 'gemini' : dialect?.family;
    expect([provider, findTarget(route)]).toEqual([provider, form]);
    const { route: chosen } = Object(chooseRoute({ m: 1 }, { models: [{ match: 'm', provider }] }));
    expect([provider, chosen.model]).toEqual([provider, modelInBody ? undefined : 'm']);
    expect([provider, hasOlderLimit(route)]).toEqual([provider, dialect?.outputLimit === 'max_tokens']);
  }
});
