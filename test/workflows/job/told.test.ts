// The receiver of a job is told of its end, also if it was down for an hour.

import { afterEach, beforeEach, expect, test } from 'vitest';
import { until } from '../../end-to-end/crash/cell.ts';
import { type Receiver, startReceiver } from '../../support/receiver.ts';
import { timeSkippingServer } from '../../support/temporal.ts';
import { hourMs, minuteMs, Site } from '../site.ts';

const server = timeSkippingServer();
const variables = {
  NIGHTSHIFT_WEBHOOK_SECRET: `whsec_${Buffer.alloc(24, 1).toString('base64')}`,
  NIGHTSHIFT_WEBHOOK_HOSTS: '127.0.0.1',
};
const poll = { initial: '1m', max: '5m' };

let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.close());

/** The last deliveries end too: time is not skipped while a workflow without a worker waits for a task. */
async function untilReceived(site: Site, count: number): Promise<unknown[]> {
  await until(`${count} messages`, async () => receiver.received.length >= count);
  for (const { headers, body } of receiver.received) {
    const { data }: { data: { job: string } } = JSON.parse(body);
    const delivery = site.client.workflow.getHandle(`${data.job}/webhook/${headers['webhook-id']}`);
    await until('it has ended', async () => (await delivery.describe()).status.name !== 'RUNNING');
  }
  return receiver.received.map(({ body }) => JSON.parse(body));
}

test('a job tells its receiver once how it ended', () =>
  Site.with(server.env, 'told', { variables }, async (site) => {
    await site.run(site.openaiJob(60, { poll, webhook: { url: receiver.url } }));
    expect(await untilReceived(site, 1)).toMatchObject([
      { type: 'job.ended', data: { job: 'told', state: 'completed', verdict: 'complete', answered: 60, failed: 0 } },
    ]);
    expect(receiver.received[0]?.body).not.toContain('ticket 1');
  }));

test('a job that was cancelled, and one that fails after it began, tell it too', () =>
  Site.with(server.env, 'told-cancelled', { variables, runMs: hourMs }, async (site) => {
    await site.start(site.openaiJob(60, { poll, webhook: { url: receiver.url } }));
    await site.untilCreated(1);
    await site.cancel();
    expect(await site.failure()).toBe('CancelledFailure');
    expect(await untilReceived(site, 1)).toMatchObject([{ data: { state: 'cancelled' } }]);
    const bad = site.openaiJob(60, { webhook: { url: receiver.url }, output: 'runs/bad/' });
    await site.start({ ...bad, request: { messages: [{ role: 'user', content: '{{ nothing }}' }] } }, 'bad');
    await expect(site.result('bad')).rejects.toThrow();
    expect((await untilReceived(site, 2))[1]).toMatchObject({ data: { job: 'bad', state: 'failed', answered: null } });
  }));

test('a receiver that is down for an hour gets the message soon after it is back, under the same id', () =>
  Site.with(server.env, 'told-late', { variables }, async (site) => {
    receiver.answer((response) => response.writeHead(500).end());
    await site.run(site.openaiJob(60, { poll, webhook: { url: receiver.url } }));
    for (let quarter = 1; quarter <= 4; quarter += 1) await site.env.sleep(15 * minuteMs);
    const failed = receiver.received.length;
    expect(failed).toBeGreaterThan(5);
    receiver.answer((response) => response.writeHead(200).end());
    await site.env.sleep(16 * minuteMs);
    expect((await untilReceived(site, failed + 1)).length).toBe(failed + 1);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  }));

test('a job with a receiver is refused if the worker has no secret, or the address is none', () =>
  Site.with(server.env, 'no-secret', {}, async (site) => {
    await site.start(site.openaiJob(2, { webhook: { url: receiver.url } }));
    await expect(site.result()).rejects.toMatchObject({
      cause: { message: expect.stringContaining('NIGHTSHIFT_WEBHOOK_SECRET') },
    });
    await site.start(site.openaiJob(2, { webhook: { url: 'ftp://x' } }), 'no-address');
    await expect(site.result('no-address')).rejects.toMatchObject({
      cause: { message: expect.stringContaining('webhook.url: must be an address') },
    });
  }));
