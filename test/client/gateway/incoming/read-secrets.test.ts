// The secrets of vendors' events: the gateway does not start with one that is missing or wrong.

import { expect, test } from 'vitest';
import { readHookSecrets } from '../../../../client/gateway/incoming/read-secrets.ts';

const hooks = { openai: { default: { secret: 'HOOK' } }, gemini: {} };
const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;

test('a variable may have two secrets', () => {
  const read = readHookSecrets(hooks, { HOOK: `${secret} whsec_${Buffer.alloc(24, 2).toString('base64')}` });
  expect(read.get('openai/default')).toEqual([Buffer.alloc(32, 1), Buffer.alloc(24, 2)]);
});

test.each([undefined, '', 'whsec_', secret.slice(6), `whsec_${Buffer.alloc(23).toString('base64')}`])(
  '%s is not a secret',
  (text) => {
    expect(() => readHookSecrets(hooks, { HOOK: text })).toThrow('HOOK: must be the secret');
  },
);
