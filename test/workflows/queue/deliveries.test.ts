// The news of deliveries: lost, late, or from a schedule. The store is right, whatever the queue was told.

import { expect, test } from 'vitest';
import { nameDelivery } from '../../../domain/queue/delivery.ts';
import { timeSkippingServer } from '../../support/temporal.ts';
import { hourMs, minuteMs } from '../site.ts';
import { expectOnce, makeItems, QueueSite } from './queue-site.ts';

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
