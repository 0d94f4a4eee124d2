// A queue with a short age and the realtime lane: a receiver learns where the answers of each flush are. On the real server.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { until } from '../../end-to-end/crash/cell.ts';
import { receiverOfEachTest, webhookVariables } from '../../support/receiver.ts';
import { devServer } from '../../support/temporal.ts';
import { ids, QueueSite } from './queue-site.ts';

const server = devServer();
const quick = { validateMs: 50, runMs: 500, finalizeMs: 50, cancelMs: 50 };
const variables = webhookVariables;

const receiver = receiverOfEachTest();

test('a message for each flush names the flush and where its results are', () => {
  const job = { mode: 'realtime', webhook: { url: receiver.current.url } };
  const options = { ...quick, variables, queue: { flush: { age: '2s' } }, job };
  return QueueSite.with(server.env, 'answers', options, async (queue, site) => {
    await queue.addRows(1, 20);
    await queue.until('one flush', ({ last }) => last.length === 1);
    await queue.addRows(21, 30);
    await queue.until('two flushes', ({ last }) => last.length === 2);
    await until('both messages', async () => receiver.current.received.length === 2);
    const messages = receiver.current.received.map(({ body }) => JSON.parse(body));
    messages.sort((one, other) => Date.parse(one.timestamp) - Date.parse(other.timestamp));
    expect(messages).toMatchObject([
      { type: 'job.ended', data: { job: 'queue/answers/flush-1', state: 'completed', answered: 20 } },
      { type: 'job.ended', data: { job: 'queue/answers/flush-2', state: 'completed', answered: 10 } },
    ]);
    const answered = messages.map(({ data }) =>
      readFileSync(join(site.root, data.results), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line): string => JSON.parse(line).id),
    );
    expect(answered).toEqual([ids(1, 20), ids(21, 30)]);
  });
});
