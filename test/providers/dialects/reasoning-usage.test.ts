// Tokens of reasoning, which are billed as output: OpenAI counts them within it, and xAI apart.

import { expect, test } from 'vitest';
import { decode } from '../../../providers/dialects/openai/answers.ts';
import { openaiFaults } from '../../../providers/vendors/openai/faults.ts';

const usageOf = (body: object, endpoint = '/v1/chat/completions') => {
  const line = JSON.stringify({ custom_id: 'a', response: { status_code: 200, body }, error: null });
  const read = decode(Buffer.from(line), endpoint, openaiFaults.items);
  return read.kind === 'answer' ? read.usage : null;
};
const chat = (prompt: number, completion: number, reasoning: number, total?: number) =>
  usageOf({
    choices: [],
    usage: {
      prompt_tokens: prompt,
      completion_tokens: completion,
      total_tokens: total,
      completion_tokens_details: { reasoning_tokens: reasoning },
    },
  });

test.each([
  ['OpenAI', chat(10, 20, 15, 30), 20],
  ['OpenAI, where nothing else came', chat(10, 15, 15, 25), 15],
  ['xAI (reported for grok-3-mini)', chat(12, 2, 317, 331), 319],
  ['xAI (reported for grok-4-fast-reasoning)', chat(279, 6, 89, 374), 95],
  ['xAI, where most of it is not reasoning', chat(37, 530, 233, 800), 763],
  ['a vendor without a total, with more reasoning than output', chat(10, 2, 300), 302],
  ['a vendor without a total, with less', chat(10, 20, 5), 20],
  ['a model that does not reason', chat(10, 20, 0, 30), 20],
])('of %s, the output has all tokens that are billed as output', (_name, usage, output) => {
  expect(usage?.output).toBe(output);
});

test('the responses endpoint is read in the same way', () => {
  const usage = (reasoning: number, total: number) => ({
    output: [],
    usage: {
      input_tokens: 10,
      output_tokens: 20,
      total_tokens: total,
      output_tokens_details: { reasoning_tokens: reasoning },
    },
  });
  expect(usageOf(usage(5, 30), '/v1/responses')?.output).toBe(20);
  expect(usageOf(usage(5, 35), '/v1/responses')?.output).toBe(25);
});
