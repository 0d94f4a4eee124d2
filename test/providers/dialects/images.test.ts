// Images of OpenAI's dialect: what a request must have, and what is read of an answer.

import { expect, test } from 'vitest';
import { decode } from '../../../providers/dialects/openai/answers.ts';
import { findProblems } from '../../../providers/dialects/openai/requests.ts';
import { openaiFaults } from '../../../providers/vendors/openai/faults.ts';

const generations = '/v1/images/generations';
const edits = '/v1/images/edits';

test.each([
  [{ prompt: 'x', n: 2 }, generations, []],
  [{ prompt: '{{ text }}', n: '{{ n }}' }, generations, []],
  [{ prompt: '' }, generations, ['prompt: missing or empty']],
  [{}, generations, ['prompt: missing or empty']],
  [{ prompt: 'x', n: 0 }, generations, ['n: must be a whole number from 1 to 10']],
  [{ prompt: 'x', n: 1.5 }, generations, ['n: must be a whole number from 1 to 10']],
  [{ prompt: 'x', n: 11 }, generations, ['n: must be a whole number from 1 to 10']],
  [
    { prompt: 'x', response_format: 'url' },
    generations,
    ['response_format: must be `b64_json`, since the image behind a URL is soon deleted'],
  ],
  [{ prompt: 'x', images: [{ image_url: 'https://x/a.png' }] }, edits, []],
  [{ prompt: 'x', images: '{{ images }}' }, edits, []],
  [{ prompt: 'x' }, edits, ['images: missing or empty; name each by `image_url` or `file_id`']],
])('the request %j to %s has the problems %j', (body, endpoint, problems) => {
  expect(findProblems(body, endpoint)).toEqual(problems);
});

test('base64 is kept apart from the response, and an image that is only a URL stays one', () => {
  const usage = { input_tokens: 4, input_tokens_details: { image_tokens: 0 }, output_tokens: 1056 };
  const data = [{ b64_json: 'AAAA', revised_prompt: 'p' }, { url: 'https://x/y.png' }];
  const body = { created: 1, data, usage };
  const line = JSON.stringify({ custom_id: 'a', response: { status_code: 200, body }, error: null });
  const answer = decode(Buffer.from(line), edits, openaiFaults.items);
  expect(answer).toMatchObject({
    text: null,
    images: [
      { entry: 0, base64: 'AAAA', url: null },
      { entry: 1, base64: null, url: 'https://x/y.png' },
    ],
    usage: { input: 4, output: 1056 },
    response: { created: 1, data: [{ revised_prompt: 'p' }, { url: 'https://x/y.png' }] },
  });
  expect(JSON.stringify(answer)).not.toContain('b64_json');
});

test('images that a tool makes next to a text are kept apart from the response too', () => {
  const call = { type: 'image_generation_call', id: 'ig', status: 'completed', revised_prompt: 'p' };
  const message = { type: 'message', content: [{ type: 'output_text', text: 'Here.' }] };
  const output = [
    { type: 'reasoning' },
    { ...call, result: 'AAAA' },
    { ...call, status: 'failed', result: null },
    message,
  ];
  const decodeBody = (body: object) => {
    const line = { custom_id: 'a', response: { status_code: 200, body }, error: null };
    return decode(Buffer.from(JSON.stringify(line)), '/v1/responses', openaiFaults.items);
  };
  expect(decodeBody({ status: 'completed', output })).toMatchObject({
    text: 'Here.',
    images: [{ entry: 1, base64: 'AAAA', url: null }],
    response: { status: 'completed', output: [{ type: 'reasoning' }, call, { status: 'failed' }, message] },
  });
  expect(JSON.stringify(decodeBody({ output }))).not.toContain('"result":"');
  expect(decodeBody({ output: [message] })).not.toHaveProperty('images');
});
