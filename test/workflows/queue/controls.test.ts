// What people do to an open queue: pause, take an item out, flush now, drain, start a failed flush again; and wrong input.

import { expect, test } from 'vitest';
import { timeSkippingServer } from '../../support/temporal.ts';
import { hourMs } from '../site.ts';
import { ids, QueueSite } from './queue-site.ts';

const server = timeSkippingServer();

test('a paused queue takes items and flushes none of them, not even urgent ones, until it is resumed', () =>
  QueueSite.with(server.env, 'paused-queue', {}, async (queue, site) => {
    await queue.addRows(1, 5);
    expect(await queue.update('pause')).toMatchObject({ mode: 'paused', nextFlushAt: null });
    await queue.addRows(6, 8, { urgent: true });
    await site.env.sleep(3 * hourMs);
    expect(await queue.page()).toMatchObject({ depth: { items: 8 }, running: [], last: [] });
    await queue.update('resume');
    await queue.until('both flushed', ({ last }) => last.length === 2);
    expect([...queue.answered()].sort()).toEqual(ids(1, 8));
  }));

test('an item that waits can be taken out, and one with its id that comes later is sent', () =>
  QueueSite.with(server.env, 'take-out', {}, async (queue) => {
    await queue.addRows(1, 5);
    await queue.update('remove', { id: 't-3' });
    await expect(queue.update('remove', { id: 't-9' })).rejects.toMatchObject({
      cause: { message: expect.stringContaining('no item t-9 waits') },
    });
    await queue.update('flush');
    const page = await queue.until('ended', ({ last }) => last.length === 1);
    expect(page.totals).toMatchObject({ flushed: 4, removed: 1 });
    expect([...queue.answered()].sort()).toEqual(['t-1', 't-2', 't-4', 't-5']);
    await queue.addRows(3, 3);
    await queue.update('flush');
    await queue.until('ended again', ({ last }) => last.length === 2);
    expect([...queue.answered()].sort()).toEqual(ids(1, 5));
  }));

test('a drained queue takes nothing more, answers everything and ends; the next item starts it again', () =>
  QueueSite.with(server.env, 'drained', {}, async (queue) => {
    await queue.addRows(1, 5);
    await queue.update('drain');
    await expect(queue.addRows(6, 6)).rejects.toMatchObject({
      cause: { message: expect.stringContaining('being drained') },
    });
    await expect(queue.update('pause')).rejects.toMatchObject({ cause: { type: 'invalid_update' } });
    // The environment's own client would skip ten years, because nothing is left to do.
    while ((await queue.handle.describe()).status.name === 'RUNNING') await queue.pass(30_000);
    const page = await queue.handle.result();
    expect(page).toMatchObject({ mode: 'draining', depth: { items: 0 }, running: [], last: [{ answered: 5 }] });
    await queue.addRows(4, 7);
    await queue.update('flush');
    await queue.until('ended', ({ last }) => last.length === 1);
    expect(await queue.page()).toMatchObject({
      last: [{ flush: 2, items: 2 }],
    });
    expect([...queue.answered()].sort()).toEqual(ids(1, 7));
  }));

/** An item that makes a list of about so many bytes. */
function sizedItem(bytes: number, letter: string): { readonly id: string; readonly text: string } {
  const empty = Buffer.byteLength('[{"id":"big","text":""}]');
  return { id: 'big', text: letter.repeat(Math.ceil((bytes - empty) / Buffer.byteLength(letter))) };
}

const refused: readonly [string, unknown][] = [
  ['add', undefined],
  ['add', {}],
  ['add', { items: [] }],
  ['add', { items: 'rows.jsonl' }],
  ['add', { items: [{ id: 1 }], uri: 'rows.jsonl' }],
  ['add', { items: [{ id: 1 }], urgnt: true }],
  ['add', { items: [{ id: 1 }], urgent: 'yes' }],
  ['add', { uri: '' }],
  ['add', { uri: 'rows.jsonl', refusals: '' }],
  ['add', { items: [{ id: 1 }], refusals: 'refused.jsonl' }],
  ['add', { items: Array.from({ length: 101 }, (_, id) => ({ id })) }],
  ['add', { items: [sizedItem(64 * 1024 + 1, 'x')] }],
  ['add', { items: [sizedItem(64 * 1024 + 2, 'ü')] }],
  ['add', { items: [sizedItem(64 * 1024 + 3, '票')] }],
  ['add', { items: [sizedItem(64 * 1024 + 4, '😀')] }],
  ['remove', {}],
  ['remove', { id: null }],
  ['retry', { flush: 'one' }],
];

test('wrong input is refused, and writes nothing to history', () =>
  QueueSite.with(server.env, 'wrong-input', {}, async (queue, site) => {
    await queue.addRows(1, 1);
    const countAccepted = async (): Promise<number> =>
      (await site.events('queue/wrong-input')).filter(
        (event) => event.workflowExecutionUpdateAcceptedEventAttributes != null,
      ).length;
    const before = await countAccepted();
    for (const [name, input] of refused) {
      await expect(queue.update(name, input), `${name} ${JSON.stringify(input)}`.slice(0, 80)).rejects.toMatchObject({
        cause: { type: 'invalid_update' },
      });
    }
    expect([before, await countAccepted()]).toEqual([1, 1]);
    for (const letter of ['x', 'ü', '票', '😀']) {
      expect(await queue.add({ items: [sizedItem(64 * 1024 - 4, letter)] }), letter).toMatchObject({ accepted: 1 });
    }
  }));

const wrongQueues: readonly [string, unknown, string][] = [
  ['no job', { flush: { age: '1h' } }, 'job: must be an object'],
  [
    'a dataset',
    { job: { provider: 'openai', model: 'gpt-5.4-mini', dataset: 'a.jsonl' } },
    'job.dataset: leave it out',
  ],
  [
    'no such provider',
    { job: { provider: 'nobody', model: 'm', prompt: { user: 'x' } } },
    'job.provider: unknown provider',
  ],
  ['a misspelt field', { job: {}, flsh: {} }, 'did you mean `flush`'],
  ['a bare number', { job: {}, flush: { age: 60 } }, 'flush.age: must be a duration'],
  ['text', 'queue.json', 'the input is text'],
];

test('a wrong queue is refused with all of its problems', () =>
  QueueSite.with(server.env, 'wrong-queue', {}, async (_, site) => {
    for (const [what, input, message] of wrongQueues) {
      const handle = await site.client.workflow.start('processQueue', {
        workflowId: 'queue/wrong-queue',
        taskQueue: site.name,
        args: [input],
      });
      await expect(handle.result(), what).rejects.toMatchObject({
        cause: { message: expect.stringContaining(message) },
      });
    }
    const elsewhere = await site.client.workflow.start('processQueue', {
      workflowId: 'tickets',
      taskQueue: site.name,
      args: [{ job: {} }],
    });
    await expect(elsewhere.result()).rejects.toMatchObject({
      cause: { message: expect.stringContaining('has the id queue/<name>') },
    });
  }));
