// Lines that are recognized without being parsed: only those that parsing would find equal except for their custom id.
import { expect, test } from 'vitest';
import { bodyFacts } from '../../emulator/answers/body-facts.ts';
import { readRepeatedId, rememberLine } from '../../emulator/openai/repeated-line.ts';

const body = { model: 'gpt-5.4-mini', messages: [{ role: 'user', content: 'hello' }] };
const format = (id: string, content = 'hello') =>
  JSON.stringify({
    custom_id: id,
    method: 'POST',
    url: '/v1/chat/completions',
    body: { ...body, messages: [content] },
  });

function remember(text: string, id: string) {
  const known = rememberLine(Buffer.from(text), id, bodyFacts(body));
  if (known === null) throw new Error('not remembered');
  return known;
}

test('a line that differs only in its custom id is recognized', () => {
  const known = remember(format('a-1'), 'a-1');
  expect(readRepeatedId(Buffer.from(format('b:2.3_4')), known)).toBe('b:2.3_4');
});

test.each([
  ['another body', format('b', 'other')],
  ['more after the end', `${format('b')} `],
  ['a custom id with an escape', format('b').replace('"b"', '"\\u0062"')],
  ['a custom id with other letters', format('é')],
  ['no custom id', format('').replace('"custom_id":"",', '')],
  ['less than its beginning', '{"cu'],
  ['no end', '{"custom_id":"b'],
])('a line with %s is not recognized', (_, text) => {
  expect(readRepeatedId(Buffer.from(text), remember(format('a'), 'a'))).toBe(null);
});

test('a line that names its custom id twice is not remembered', () => {
  const text = format('a').replace('"method"', '"custom_id":"a","method"');
  expect(rememberLine(Buffer.from(text), 'a', bodyFacts(body))).toBe(null);
});
