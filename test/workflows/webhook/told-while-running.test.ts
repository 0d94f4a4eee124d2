// Batches of a job that runs for long are told while it runs, and more and more of them share a message as the job grows old.

import { expect, test } from 'vitest';
import { receiverOfEachTest, webhookVariables } from '../../support/receiver.ts';
import { timeSkippingServer } from '../../support/temporal.ts';
import { minuteMs, Site } from '../site.ts';

const server = timeSkippingServer();
const variables = webhookVariables;

const receiver = receiverOfEachTest();

test('a batch is told soon after it is collected, by the age of the job', () =>
  Site.with(server.env, 'told-soon', { variables }, async (site) => {
    const told: { readonly atMs: number; readonly batches: number }[] = [];
    receiver.current.answer(async (response) => {
      const { timestamp, data } = JSON.parse(receiver.current.received.at(-1)?.body ?? '');
      told.push({ atMs: Date.parse(timestamp), batches: data.batches.length });
      response.writeHead(200).end();
    });
    const startedAt = await site.env.currentTimeMs();
    const batch = { maxItems: 5, concurrency: 1 };
    const webhook = { url: receiver.current.url, events: ['batch.collected'] };
    await site.run(site.openaiJob(25, { batch, webhook, minBatchItems: 0, poll: { initial: '30s', max: '30s' } }));
    // Five batches of more than five minutes each, one after the other.
    expect(told.length).toBeGreaterThanOrEqual(4);
    expect(told.slice(0, 4).map(({ batches }) => batches)).toEqual([1, 1, 1, 1]);
    told.sort((one, other) => one.atMs - other.atMs);
    for (const [index, { atMs }] of told.slice(0, 4).entries()) {
      expect(atMs - startedAt).toBeGreaterThan((index + 1) * 5 * minuteMs);
      expect(atMs - startedAt).toBeLessThan((index + 2) * 6 * minuteMs);
    }
  }));
