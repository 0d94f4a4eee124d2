// A message and a receiver that is down: it gets the message soon after it is back, and after three days the message is given up.

import { WorkflowFailedError } from '@temporalio/client';
import { expect, test } from 'vitest';
import { receiverOfEachTest, webhookVariables } from '../../support/receiver.ts';
import { timeSkippingServer } from '../../support/temporal.ts';
import { hourMs, minuteMs, Site } from '../site.ts';

const server = timeSkippingServer();
const variables = webhookVariables;

const receiver = receiverOfEachTest();

/** Skips the time until the delivery has ended, and perhaps further: nothing else is left to do. */
const deliver = (site: Site): Promise<unknown> =>
  site.env.client.workflow.execute('deliverWebhook', {
    workflowId: site.name,
    taskQueue: site.name,
    args: [{ id: 'msg_1', url: receiver.current.url, body: '{}' }],
  });

test('a receiver that is down for an hour gets the message within a quarter of an hour after it is back', () =>
  Site.with(server.env, 'told-late', { variables }, async (site) => {
    const startedAt = await site.env.currentTimeMs();
    let ageMs = 0;
    receiver.current.answer(async (response) => {
      ageMs = (await site.env.currentTimeMs()) - startedAt;
      response.writeHead(ageMs >= hourMs ? 200 : 503).end();
    });
    await deliver(site);
    expect(ageMs).toBeGreaterThanOrEqual(hourMs);
    expect(ageMs).toBeLessThanOrEqual(hourMs + 15 * minuteMs);
    expect(receiver.current.received.length).toBeGreaterThan(8);
    expect(new Set(receiver.current.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  }));

test('a message that is not taken for three days is given up', () =>
  Site.with(server.env, 'never-told', { variables }, async (site) => {
    receiver.current.answer((response) => response.writeHead(500, { 'retry-after': '3600' }).end());
    const failure: unknown = await deliver(site).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(WorkflowFailedError);
    expect(failure).toMatchObject({
      cause: { message: 'not delivered within 3 days: the receiver answered 500', type: 'webhook_undelivered' },
    });
    // Once an hour, as the receiver asks.
    expect(receiver.current.received.length).toBe(72);
  }));
