// What a vendor wrote about an item is stored: without keys, and cut.

import { expect, test } from 'vitest';
import { cleanDetail } from '../../providers/hide-keys.ts';
import { createProviders } from '../../providers/registry.ts';

const secret = 'an-account-key-in-no-known-form';

test.each([
  [
    `Incorrect API key provided: ${secret}. Find yours at …`,
    'Incorrect API key provided: [key removed]. Find yours at …',
  ],
  ['Incorrect API key provided: sk-proj-*****abcd', 'Incorrect API key provided: [key removed]'],
  ['key AIzaSyD-0123456789abcdef is not valid', 'key [key removed] is not valid'],
  [
    'the header Authorization: Bearer abc.def was refused',
    'the header Authorization: Bearer [key removed] was refused',
  ],
  ['no access for AKIAIOSFODNN7EXAMPLE here', 'no access for [key removed] here'],
  ['GET /v1?api_key=abc123&x=1 failed', 'GET /v1?api_key=[key removed]&x=1 failed'],
  ['x-api-key: 0123abcd, version: 1', 'x-api-key: [key removed], version: 1'],
  ['X-Api-Key: 0123abcd', 'X-Api-Key: [key removed]'],
  ['{"apiKey": "0123abcd", "model": "m"}', '{"apiKey": "[key removed]", "model": "m"}'],
  ['the order SK-0000001 has no API key', 'the order SK-0000001 has no API key'],
  ['Invalid value: task-sk-1 is not a ticket', 'Invalid value: task-sk-1 is not a ticket'],
])('%s', (sent, stored) => {
  expect(cleanDetail(sent, [secret])).toBe(stored);
});

test('at most 300 characters are kept, after keys were removed, and never half of a character', () => {
  const sent = `${'x'.repeat(290)} ${secret}${'y'.repeat(100)}`;
  expect(cleanDetail(sent, [secret])).toBe(`${'x'.repeat(290)} [key remo`);
  expect(cleanDetail(`${'x'.repeat(299)}😀`, [])).toBe('x'.repeat(299));
});

test('a provider of the registry passes no key on', () => {
  const account = { apiKey: secret, baseUrl: 'http://127.0.0.1:1' };
  const provider = createProviders({
    openai: { default: account },
    anthropic: { default: account },
    gemini: { default: account },
  }).get('openai');
  const error = { message: `${secret} may not use this model`, code: 'invalid_request' };
  const line = { custom_id: 'a', response: { status_code: 400, body: { error } }, error: null };
  expect(provider?.decode(Buffer.from(JSON.stringify(line)), '/v1/chat/completions')).toEqual({
    kind: 'error',
    customId: 'a',
    reason: 'bad_request',
    detail: '[key removed] may not use this model',
  });
});
