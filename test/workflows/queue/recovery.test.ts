// What happens to an open queue on the real server: it continues as new, is terminated, is reset, or its flush fails. No item is lost or sent twice.

import { randomUUID } from 'node:crypto';
import { renameSync } from 'node:fs';
import { expect, test } from 'vitest';
import { devServer } from '../../support/temporal.ts';
import { expectOnce, ids, QueueSite } from './queue-site.ts';

const server = devServer();
const quick = { validateMs: 50, runMs: 1000, finalizeMs: 50, cancelMs: 50 };

test('a queue that continues as new keeps what waits, what runs and what it has counted', () =>
  QueueSite.with(
    server.env,
    'long-lived',
    { ...quick, historyEventsMax: 60, queue: { flush: { items: 30, age: '5h' } } },
    async (queue, site) => {
      for (let from = 1; from <= 100; from += 10) await queue.addRows(from, from + 9);
      await queue.until('three flushes ended', ({ last }) => last.length === 3);
      const page = await queue.page();
      expect(page).toMatchObject({ depth: { items: 10 }, totals: { accepted: 100, flushed: 90 } });
      expect((await site.runs('queue/long-lived')).length).toBeGreaterThan(2);
      await queue.update('flush');
      await queue.until('all ended', ({ last }) => last.length === 4);
      await expectOnce(queue, 100, (await site.control.counts()).billedTwice.byBody);
    },
  ));

test('a queue that was terminated finds what waits and what runs when it is started again', () =>
  QueueSite.with(server.env, 'terminated', quick, async (queue, site) => {
    await queue.addRows(1, 10);
    await queue.update('flush');
    await queue.addRows(11, 20);
    await queue.until('one runs', ({ running, depth }) => running.length === 1 && depth.items === 10);
    await queue.handle.terminate('a test');
    await queue.addRows(21, 25);
    const page = await queue.page();
    expect(page.depth.items).toBe(15);
    expect(page.running.map(({ flush }) => flush)).toEqual([1]);
    await queue.update('flush');
    await queue.until('both ended', ({ last }) => last.length === 2);
    await expectOnce(queue, 25, (await site.control.counts()).billedTwice.byBody);
  }));

test('a queue that is reset to its beginning flushes nothing again', () =>
  QueueSite.with(server.env, 'reset-queue', quick, async (queue, site) => {
    await queue.addRows(1, 10);
    await queue.update('flush');
    await queue.until('ended', ({ last }) => last.length === 1);
    await queue.addRows(11, 15);
    const { runId } = await queue.handle.describe();
    const task = (await site.events('queue/reset-queue')).find(
      (event) => event.workflowTaskCompletedEventAttributes != null,
    );
    await site.client.workflowService.resetWorkflowExecution({
      namespace: site.env.namespace ?? 'default',
      workflowExecution: { workflowId: 'queue/reset-queue', runId },
      reason: 'a test',
      workflowTaskFinishEventId: task?.eventId ?? null,
      requestId: randomUUID(),
    });
    await queue.addRows(16, 17);
    await queue.update('flush');
    await queue.until('the rest ended', () => queue.answered().length >= 17);
    await expectOnce(queue, 17, (await site.control.counts()).billedTwice.byBody);
  }));

test('a flush whose job fails waits for a person, holds up no other, and loses nothing', () =>
  QueueSite.with(server.env, 'failed-flush', quick, async (queue, site) => {
    await queue.addRows(1, 5);
    await queue.update('flush');
    const { running } = await queue.until('it runs', ({ running }) => running.length === 1);
    await site.client.workflow.getHandle(running[0]?.workflowId ?? '').terminate('a test');
    const failed = await queue.until('it is marked', ({ running }) => running[0]?.failure !== null);
    expect(failed.running).toMatchObject([{ flush: 1, failure: expect.any(String) }]);
    await expect(queue.update('retry', { flush: 7 })).rejects.toMatchObject({
      cause: { message: expect.stringContaining('flush 7 has not failed') },
    });
    await queue.addRows(6, 8);
    await queue.update('flush');
    await queue.until('the other ended', ({ last }) => last.length === 1);
    await queue.update('retry', { flush: 1 });
    await queue.until('both ended', ({ last }) => last.length === 2);
    expect([...queue.answered()].sort()).toEqual(ids(1, 8));
    expect((await site.control.counts()).billedTwice.byBody).toEqual([]);
  }));

test('a queue that was drained and gets another folder answers its items, though its flushes have the ids of earlier ones', () =>
  QueueSite.with(server.env, 'moved', quick, async (queue, site) => {
    await queue.addRows(1, 3);
    await queue.update('flush');
    await queue.until('ended', ({ last }) => last.length === 1);
    await queue.update('drain');
    await queue.handle.result();
    renameSync(queue.file('.'), `${queue.file('.')}-before`);
    await queue.addRows(4, 6);
    await queue.update('flush');
    const page = await queue.until('ended again', ({ last }) => last.length === 1);
    expect(page).toMatchObject({ last: [{ flush: 1, items: 3, answered: 3 }], running: [] });
    expect([...queue.answered()].sort()).toEqual(ids(4, 6));
    expect((await site.control.counts()).billedTwice.byBody).toEqual([]);
  }));
