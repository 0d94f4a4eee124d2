// A receiver that was down gets what it missed. Alone in its file: this server skips no time any more once a workflow has ended after its parent.

import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Receiver, startReceiver } from '../../support/receiver.ts';
import { timeSkippingServer } from '../../support/temporal.ts';
import { minuteMs, Site } from '../site.ts';

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

test('a receiver that is down for an hour gets the message soon after it is back, under the same id', () =>
  Site.with(server.env, 'told-late', { variables }, async (site) => {
    receiver.answer((response) => response.writeHead(500).end());
    await site.run(site.openaiJob(60, { poll, webhook: { url: receiver.url } }));
    for (let quarter = 1; quarter <= 4; quarter += 1) await site.env.sleep(15 * minuteMs);
    const failed = receiver.received.length;
    expect(failed).toBeGreaterThan(5);
    receiver.answer((response) => response.writeHead(200).end());
    await site.env.sleep(16 * minuteMs);
    expect(receiver.received.length).toBe(failed + 1);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  }));
