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
      { base64: 'AAAA', url: null },
      { base64: null, url: 'https://x/y.png' },
    ],
    usage: { input: 4, output: 1056 },
    response: { created: 1, data: [{ revised_prompt: 'p' }, { url: 'https://x/y.png' }] },
  });
  expect(JSON.stringify(answer)).not.toContain('b64_json');
});
