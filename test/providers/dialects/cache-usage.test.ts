// What an answer of Anthropic's says of tokens that were written to the cache, and for how long.

import { expect, test } from 'vitest';
import { decode } from '../../../providers/dialects/anthropic/answers.ts';
import { anthropicFaults } from '../../../providers/vendors/anthropic/faults.ts';

test.each([
  [{ cache_creation_input_tokens: 5 }, { input: 15, cacheWrite: 5 }],
  [
    {
      cache_creation_input_tokens: 5,
      cache_creation: { ephemeral_5m_input_tokens: 2, ephemeral_1h_input_tokens: 3 },
    },
    { input: 15, cacheWrite: 5, cacheWrite1h: 3 },
  ],
  [
    { cache_creation: { ephemeral_5m_input_tokens: 2, ephemeral_1h_input_tokens: 3 } },
    { input: 15, cacheWrite: 5, cacheWrite1h: 3 },
  ],
  [{}, { input: 10, cacheWrite: null }],
])('of usage with %j, what was written for an hour is told apart', (written, expected) => {
  const usage = { input_tokens: 10, output_tokens: 1, ...written };
  const result = { type: 'succeeded', message: { content: [], usage } };
  const read = decode(Buffer.from(JSON.stringify({ custom_id: 'a', result })), anthropicFaults.items);
  const noTokens = { cachedInput: null, reasoning: null, output: 1 };
  expect(read.kind === 'answer' && read.usage).toEqual({ ...noTokens, ...expected });
});
