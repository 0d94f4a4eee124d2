// Vectors of OpenAI's embeddings: each goes to the input that it belongs to, or is not used.

import { expect, test } from 'vitest';
import { decode } from '../../../providers/dialects/openai/answers.ts';
import { openaiFaults } from '../../../providers/vendors/openai/faults.ts';

const openai = (body: unknown, endpoint: string) =>
  decode(
    Buffer.from(JSON.stringify({ custom_id: 'a', response: { status_code: 200, body }, error: null })),
    endpoint,
    openaiFaults.items,
  );

test('embeddings: one vector or a list in input order, numbers or base64', () => {
  const floats = Buffer.alloc(8);
  floats.writeFloatLE(0.5, 0);
  floats.writeFloatLE(-2, 4);
  const of = (data: unknown) => openai({ data, usage: { prompt_tokens: 4 } }, '/v1/embeddings');
  expect(of([{ index: 0, embedding: [1, 2] }])).toMatchObject({ value: [1, 2], usage: { input: 4, output: null } });
  expect(of([{ index: 0, embedding: floats.toString('base64') }])).toMatchObject({ value: [0.5, -2] });
  const two = [
    { index: 1, embedding: [2] },
    { index: 0, embedding: [1] },
  ];
  expect(of(two)).toMatchObject({ value: [[1], [2]] });
  expect(of([{ embedding: [1] }, { embedding: [2] }])).toMatchObject({ value: [[1], [2]] });
});

test.each([
  ['a number twice', [0, 0]],
  ['a number left out', [0, 2]],
  ['only one number', [1, undefined]],
  ['a number that is none', [0, 'x']],
])('embeddings with %s are not used: it is not known whose they are', (_, indices) => {
  const data = indices.map((index, at) => ({ index, embedding: [at] }));
  expect(openai({ data }, '/v1/embeddings')).not.toHaveProperty('value');
});

test('vectors of different lengths are not used: one of them was cut, or is of another model', () => {
  const data = [[1, 2], [3]].map((embedding, index) => ({ index, embedding }));
  expect(openai({ data }, '/v1/embeddings')).not.toHaveProperty('value');
});

test('a vector with a number that JSON lacks is not used', () => {
  const floats = Buffer.alloc(4);
  floats.writeFloatLE(Number.NaN);
  const data = [{ index: 0, embedding: floats.toString('base64') }];
  expect(openai({ data }, '/v1/embeddings')).not.toHaveProperty('value');
});
