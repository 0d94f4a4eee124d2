// Counts of tokens are those of the package that has the tokenizers.

import * as cl100k from 'gpt-tokenizer/encoding/cl100k_base';
import * as o200k from 'gpt-tokenizer/encoding/o200k_base';
import { expect, test } from 'vitest';
import { sharedThreads } from '../support/shared-threads.ts';

const texts = [
  'The parcel arrived, and she’ll return it.',
  '东京今天下雨，请带伞。 Привет, как дела? 안녕하세요',
  '0192837465 3,1,4,1,5',
  'for (const a of b) {\n\n\tc(a);\r\n}',
  '\uFEFFusing System;\uFEFF\n\uFEFF',
  '👩‍👩‍👧‍👦🏳️‍🌈 𝒳 \u0000 \uD800 <|endoftext|>',
  Buffer.from(Array.from({ length: 300 }, (_, index) => (index * 151) % 256)).toString('base64'),
  '',
];

test.for([
  ['o200k_base', o200k],
  ['cl100k_base', cl100k],
] as const)('a thread counts tokens of %s as the package does', async ([encoding, { countTokens }]) => {
  const prompts = texts.map((text, index) => ({ index, encoding, pieces: [text], scale: 1, formTokens: 0 }));
  const counted = await sharedThreads.run('countTokens', { prompts });
  const options = { disallowedSpecial: new Set<string>() };
  expect(counted).toEqual(texts.map((text, index) => ({ index, tokens: countTokens(text, options) })));
});
