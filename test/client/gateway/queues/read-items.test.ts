// The forms in which callers give items, and what is refused before a queue sees it.

import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { GatewayError } from '../../../../client/gateway/errors.ts';
import type { GatewayEnv } from '../../../../client/gateway/parts.ts';
import { type GivenItems, readItems } from '../../../../client/gateway/queues/read-items.ts';
import { readBytes } from '../../../../client/gateway/read-body.ts';

const linesType = { 'content-type': 'application/x-ndjson' };

async function read(
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
  query = '',
): Promise<GivenItems | string> {
  let given: GivenItems | string = 'nothing';
  const app = new Hono<GatewayEnv>();
  app.post('/', async (context) => {
    given = readItems(context, await readBytes(context, { bodyBytes: 10_000_000, bodySeconds: 60 }));
    return context.text('');
  });
  app.onError((error, context) => {
    given = error instanceof GatewayError ? `${error.code} ${error.message}` : String(error);
    return context.text('');
  });
  await app.request(`/${query}`, { method: 'POST', body, headers });
  return given;
}

const readText = async (...given: Parameters<typeof read>): Promise<string> => {
  const items = await read(...given);
  return typeof items === 'string' ? items : items.lines.toString();
};

test('lines, an array and an object become the same lines', async () => {
  const wanted = '{"id":"a/b"}\n{"id":"ü😀"}\n';
  expect(await readText('{"id":"a/b"}\n{"id":"ü😀"}\n', linesType)).toBe(wanted);
  expect(await readText('{"id":"a/b"}\n{"id":"ü😀"}', linesType)).toBe(wanted);
  expect(await readText('\ufeff{"id":"a/b"}\n{"id":"ü😀"}', linesType)).toBe(wanted);
  expect(await readText('[{"id":"a/b"},\n{"id":"ü😀"}]')).toBe(wanted);
  expect(await read('{"items":[{"id":"a/b"},{"id":"ü😀"}],"urgent":true,"queue":{"job":{}}}')).toMatchObject({
    lines: Buffer.from(wanted),
    count: 2,
    isUrgent: true,
    queue: { job: {} },
  });
});

test('blank lines are left out, and the others keep their numbers', async () => {
  expect(await read('\n{"id":1}\r\n  \n\n{"id":2}', linesType, '?urgent=true')).toEqual({
    lines: Buffer.from('{"id":1}\r\n{"id":2}\n'),
    count: 2,
    numbers: [2, 5],
    isUrgent: true,
    queue: undefined,
  });
});

test('a line break inside of an item stays inside of its line', async () => {
  expect(await readText('[{"id":"1","text":"a\\nb\u2028"}]')).toBe('{"id":"1","text":"a\\nb\u2028"}\n');
});

test('what is not JSON is left to the queue, line by line', async () => {
  expect(await readText('{"id":1}\nnonsense\n', linesType)).toBe('{"id":1}\nnonsense\n');
});

test.each([
  ['an empty body', '', 'bad_request the body is not JSON'],
  ['no items', '[]', 'bad_request there are no items'],
  ['a broken body', '[{"id":1}', 'bad_request the body is not JSON'],
  ['a number', '7', 'bad_request the body: Invalid input: expected object, received number'],
  ['an unknown field', '{"items":[{}],"urgency":1}', 'bad_request the body: Unrecognized key: "urgency"'],
  ['bytes that cannot be text', Buffer.from([0x5b, 0xff, 0x5d]), 'bad_request the body is not UTF-8'],
])('%s is refused', async (_, body, message) => {
  expect(await read(body)).toBe(message);
});

test.each([
  ['no lines', ' \n\n', 'bad_request there are no items'],
  [
    'a broken character at the end of a line',
    Buffer.from('{"id":1,"a":"\xc3\n', 'latin1'),
    'bad_request the body is not UTF-8',
  ],
  [
    'more lines than a flush may have',
    '{}\n'.repeat(50_001),
    'too_large 50001 items, of 50000 a call may have: split them',
  ],
])('%s is refused', async (_, body, message) => {
  expect(await read(body, linesType)).toBe(message);
});

test('urgent is true or false', async () => {
  expect(await read('{}', linesType, '?urgent=yes')).toBe('bad_request urgent: must be true or false');
});
