// A queue gathers items, and turns them into jobs when they are due: each item is answered once.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { timeSkippingServer } from '../../support/temporal.ts';
import { hourMs, minuteMs } from '../site.ts';
import { ids, QueueSite } from './queue-site.ts';

const server = timeSkippingServer();

const brokenFiles: readonly (readonly [string, Buffer])[] = [
  ['garbage.parquet', Buffer.from('PAR1 this is none PAR1')],
  ['empty.parquet', Buffer.alloc(0)],
  ['cut.jsonl.gz', gzipSync('{"id":"a","text":"b"}\n').subarray(0, 20)],
  ['text.jsonl.gz', Buffer.from('{"id":"a","text":"b"}\n')],
  ['text.jsonl.zst', Buffer.from('{"id":"a","text":"b"}\n')],
];

test('items that wait for an hour become a job, and each is answered once', () =>
  QueueSite.with(server.env, 'by-age', {}, async (queue, site) => {
    expect(await queue.addRows(1, 30)).toEqual({ accepted: 30, refused: 0, refusals: [] });
    await queue.addRows(31, 40);
    expect(await queue.page()).toMatchObject({ mode: 'open', depth: { items: 40, deliveries: 2 }, running: [] });
    await site.env.sleep(50 * minuteMs);
    expect((await queue.page()).depth.items).toBe(40);
    const page = await queue.until('flushed and ended', ({ last }) => last.length > 0);
    expect(page).toMatchObject({
      depth: { items: 0, deliveries: 0 },
      oldestMs: null,
      last: [{ flush: 1, items: 40, end: 'completed', answered: 40, failed: 0, workflowId: 'queue/by-age/flush-1' }],
      totals: { accepted: 40, flushed: 40, duplicates: 0 },
    });
    expect([...queue.answered()].sort()).toEqual(ids(1, 40).sort());
    expect([queue.list('deliveries'), (await site.control.counts()).billedTwice.byBody]).toEqual([[], []]);
  }));

test('the number of items flushes before the age; the flush after it has only what came later', () =>
  QueueSite.with(server.env, 'by-number', { queue: { flush: { items: 20, age: '5h' } } }, async (queue) => {
    await queue.addRows(1, 15);
    await queue.addRows(16, 30);
    await queue.until('one flush', ({ running, last }) => running.length + last.length > 0);
    await queue.addRows(31, 45);
    const page = await queue.until('two flushes', ({ last, running }) => last.length + running.length === 2);
    expect(page.depth.items).toBe(15);
    await queue.until('both ended', ({ last }) => last.length === 2);
    expect([...queue.answered()].sort()).toEqual(ids(1, 30).sort());
  }));

test('a short age and the realtime lane answer within minutes; what is later than the sla is counted', () => {
  const queue = { flush: { age: '10s' }, sla: '5m' };
  return QueueSite.with(server.env, 'within', { queue, job: { mode: 'realtime' } }, async (asked) => {
    await asked.addRows(1, 20);
    const page = await asked.until('ended', ({ last }) => last.length === 1);
    expect(page).toMatchObject({ last: [{ items: 20, answered: 20 }], totals: { late: 0 } });
    expect(page.longestMs).toBeGreaterThanOrEqual(10_000);
    expect(page.longestMs).toBeLessThan(5 * minuteMs);
    await asked.update('pause');
    await asked.addRows(21, 25);
    await asked.site.env.sleep(10 * minuteMs);
    await asked.update('resume');
    const late = await asked.until('ended again', ({ last }) => last.length === 2);
    expect(late.totals.late).toBe(5);
    expect(late.longestMs).toBeGreaterThan(10 * minuteMs);
  });
});

test('a flush is late when its time is over, and not only when it ends', () =>
  QueueSite.with(
    server.env,
    'late',
    { runMs: 20 * minuteMs, queue: { flush: { age: '1m' }, sla: '10m' } },
    async (queue) => {
      await queue.addRows(1, 20);
      const early = await queue.until('it runs', ({ running }) => running.length === 1);
      expect([early.running[0]?.isLate, early.slaMs]).toEqual([undefined, 10 * minuteMs]);
      const late = await queue.until('it is late', ({ running }) => running[0]?.isLate === true, minuteMs);
      expect(late).toMatchObject({ last: [], totals: { late: 0 } });
      const ended = await queue.until('it ends', ({ last }) => last.length === 1, minuteMs);
      expect(ended).toMatchObject({ running: [], totals: { late: 20 } });
    },
  ));

test('an item that comes again is dropped, in the same flush and in a later one', () =>
  QueueSite.with(server.env, 'again', {}, async (queue) => {
    await queue.addRows(1, 10);
    await queue.addRows(5, 12);
    await queue.update('flush');
    await queue.until('ended', ({ last }) => last.length === 1);
    await queue.addRows(1, 13);
    await queue.update('flush');
    const page = await queue.until('ended again', ({ last }) => last.length === 2);
    expect(page.totals).toMatchObject({ accepted: 31, duplicates: 18, flushed: 13 });
    expect([...queue.answered()].sort()).toEqual(ids(1, 13).sort());
    // Nothing is left of a flush of only known items.
    await queue.addRows(1, 13);
    await queue.update('flush');
    await queue.until('an empty flush', ({ last }) => last[0]?.end === 'empty');
    expect(queue.answered().length).toBe(13);
  }));

test('after a day, an id may come again', () =>
  QueueSite.with(server.env, 'next-day', { queue: { remember: '2h' } }, async (queue, site) => {
    await queue.addRows(1, 3);
    await queue.update('flush');
    await queue.until('ended', ({ last }) => last.length === 1);
    await site.env.sleep(3 * hourMs);
    await queue.addRows(1, 3);
    await queue.update('flush');
    const page = await queue.until('ended again', ({ last }) => last.length === 2);
    expect(page.totals).toMatchObject({ flushed: 6, duplicates: 0 });
    expect(queue.list('ids').length).toBe(1);
  }));

test('an urgent item is answered in the realtime lane while the others wait', () =>
  QueueSite.with(server.env, 'urgent', {}, async (queue, site) => {
    await queue.addRows(1, 10);
    await queue.addRows(11, 12, { urgent: true });
    const page = await queue.until('answered', ({ last }) => last.length === 1, 5_000);
    expect(page).toMatchObject({ depth: { items: 10 }, last: [{ items: 2, answered: 2 }] });
    expect([...queue.answered()].sort()).toEqual(ids(11, 12));
    expect((await site.control.counts()).batchesCreated).toBe(0);
  }));

test('each item is checked when it comes: what planning would refuse is named, and the others are in', () =>
  QueueSite.with(server.env, 'checked', {}, async (queue) => {
    const items = [{ id: 'a', text: 'good' }, { text: 'no id' }, { id: 'c' }, 7, { id: 'e', text: 'good' }];
    const added = await queue.add({ items });
    expect(added).toMatchObject({ accepted: 2, refused: 3 });
    expect(added.refusals.map(({ line, reason }) => [line, reason])).toEqual([
      [2, 'missing_id'],
      [3, 'missing_column'],
      [4, 'not_an_object'],
    ]);
    expect(JSON.stringify(added)).not.toContain('good');
    expect((await queue.page()).depth.items).toBe(2);
  }));

test('a file of the store is taken by reference; a missing, large or foreign one is refused by name', () =>
  QueueSite.with(server.env, 'by-file', {}, async (queue, site) => {
    site.dataset(2_000);
    expect(await queue.add({ uri: 'rows.jsonl' })).toMatchObject({ accepted: 2_000, refused: 0 });
    await expect(queue.add({ uri: 'nowhere.jsonl' })).rejects.toMatchObject({
      cause: { message: expect.stringContaining('nowhere.jsonl') },
    });
    await expect(queue.add({ uri: 'rows.xlsx' })).rejects.toMatchObject({
      cause: { message: expect.stringContaining('must be JSON Lines') },
    });
    for (const refusals of ['../refused.jsonl', 's3://', 'file:///x']) {
      await expect(queue.add({ uri: 'rows.jsonl', refusals }), refusals).rejects.toMatchObject({
        cause: { message: expect.stringContaining('refusals: ') },
      });
    }
    for (const [uri, bytes] of brokenFiles) {
      writeFileSync(join(site.root, uri), bytes);
      await expect(
        queue.add({ uri }).then(({ accepted }) => accepted),
        uri,
      ).rejects.toMatchObject({
        cause: { message: expect.stringContaining(uri) },
      });
    }
    site.dataset(50_001);
    await expect(queue.add({ uri: 'rows.jsonl' })).rejects.toMatchObject({
      cause: { message: expect.stringContaining('more than 50000 items') },
    });
    expect((await queue.page()).depth).toMatchObject({ items: 2_000, deliveries: 1 });
  }));

test('items that cannot be stored are not waited for without end, and hold up no others', () =>
  QueueSite.with(server.env, 'in-time', {}, async (queue, site) => {
    await queue.addRows(1, 2);
    writeFileSync(join(site.root, 'wrong.jsonl'), 'wrong\n'.repeat(101));
    const refused = queue.add({ uri: 'wrong.jsonl', refusals: 'wrong.jsonl/refused.jsonl' }).catch((error) => error);
    await site.env.sleep(11 * minuteMs);
    expect(await refused).toMatchObject({ cause: { message: expect.stringContaining('in time: add them again') } });
    await queue.addRows(3, 4);
    expect((await queue.page()).depth.items).toBe(4);
  }));
