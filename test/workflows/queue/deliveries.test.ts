// The news of deliveries: lost, or from a schedule. The store is right, whatever the queue was told.

import { expect, test } from 'vitest';
import { nameDelivery } from '../../../domain/queue/delivery.ts';
import { knownMax } from '../../../domain/queue/state.ts';
import { timeSkippingServer } from '../../support/temporal.ts';
import { hourMs, minuteMs } from '../site.ts';
import { expectOnce, ids, makeItems, QueueSite } from './queue-site.ts';

const server = timeSkippingServer();

test('a delivery whose news was lost is found in the store', () =>
  QueueSite.with(server.env, 'lost-news', {}, async (queue, site) => {
    await queue.addRows(1, 2);
    const lines = makeItems(3, 5)
      .map((item) => `${JSON.stringify(item)}\n`)
      .join('');
    const at = (await queue.page()).nextFlushAt ?? 0;
    const name = nameDelivery({ at: at - hourMs, items: 3, bytes: lines.length, isUrgent: false }, 'f'.repeat(16));
    queue.write(`deliveries/${name}.jsonl`, lines);
    await queue.until('it is known', ({ depth }) => depth.items === 5, 5 * minuteMs);
    await queue.until('ended', ({ last }) => last.length === 1, 5 * minuteMs);
    await expectOnce(queue, 5, (await site.control.counts()).billedTwice.byBody);
  }));

test('with more deliveries than are known by name, urgent items go first, any can be taken out, and one flush has the others', () =>
  QueueSite.with(server.env, 'many', { queue: { flush: { age: '5h' } } }, async (queue, site) => {
    await queue.addRows(1, 1);
    const rows = knownMax + 5;
    const at = (await queue.page()).nextFlushAt ?? 0;
    for (const [index, item] of makeItems(2, rows).entries()) {
      const line = `${JSON.stringify(item)}\n`;
      const facts = { at: at - 5 * hourMs + 1 + index, items: 1, bytes: line.length, isUrgent: false };
      queue.write(`deliveries/${nameDelivery(facts, 'e'.repeat(16))}.jsonl`, line);
    }
    await queue.until('they are known', ({ depth }) => depth.items === rows, 5 * minuteMs);
    await queue.addRows(rows + 1, rows + 1, { urgent: true });
    await queue.until('the urgent one is answered', ({ last }) => last.length === 1, 5_000);
    expect(queue.answered()).toEqual(ids(rows + 1, rows + 1));
    await queue.update('remove', { id: `t-${rows}` });
    await queue.update('flush');
    const page = await queue.until('ended', ({ last }) => last.length === 2, 5 * minuteMs);
    expect(page).toMatchObject({
      depth: { items: 0 },
      last: [{ items: rows - 1 }, { items: 1 }],
      totals: { removed: 1 },
    });
    expect([...queue.answered()].sort()).toEqual([...ids(1, rows - 1), `t-${rows + 1}`].sort());
    expect((await site.control.counts()).billedTwice.byBody).toEqual([]);
  }));

test('a schedule flushes a queue by a workflow, and names a queue that is not open', () =>
  QueueSite.with(server.env, 'scheduled', {}, async (queue, site) => {
    await queue.addRows(1, 2);
    const start = (name: unknown) =>
      site.client.workflow.start('flushQueue', {
        workflowId: 'flusher',
        taskQueue: site.name,
        args: [{ queue: name }],
      });
    await (await start('scheduled')).result();
    await queue.until('ended', ({ last }) => last.length === 1);
    await expectOnce(queue, 2, (await site.control.counts()).billedTwice.byBody);
    await expect((await start('nobody')).result()).rejects.toMatchObject({
      cause: { message: expect.stringContaining('no open queue nobody') },
    });
    await expect((await start(undefined)).result()).rejects.toMatchObject({ cause: { type: 'invalid_job' } });
  }));
