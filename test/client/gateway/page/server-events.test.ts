// The page's reader of server-sent events: however the bytes are cut, each event comes whole.

import { expect, test } from 'vitest';
import { readEvents, type ServerEvent } from '../../../../client/gateway/page/browser/server-events.ts';

const text = [
  'retry: 2000\n\n: still here\n\n',
  'event: job\ndata: {"a":"ü"}\n\n',
  'id: r.1.0\nevent: batch\ndata: {}\n\nid: r.1.1\nevent: item\ndata:{"text":"one: two"}\n\n',
  'data: first\ndata: second\n\nevent: item\ndata: {"half"',
].join('');

const expected: readonly ServerEvent[] = [
  { event: 'job', data: '{"a":"ü"}', id: null },
  { event: 'batch', data: '{}', id: 'r.1.0' },
  { event: 'item', data: '{"text":"one: two"}', id: 'r.1.1' },
  { event: 'message', data: 'first\nsecond', id: null },
];

test.each([1, 2, 3, 7, 50, 1000])('in chunks of %i bytes', async (size) => {
  const bytes = new TextEncoder().encode(text);
  const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    bytes.slice(at * size, (at + 1) * size),
  );
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  const seen: ServerEvent[] = [];
  for await (const event of readEvents(new Response(body))) seen.push(event);
  expect(seen).toEqual(expected);
});
