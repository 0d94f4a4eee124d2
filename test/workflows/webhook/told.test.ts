// The receiver of a job gets a message when the job ends, however it ends.

import { expect, test } from 'vitest';
import { until } from '../../end-to-end/crash/cell.ts';
import { receiverOfEachTest, webhookVariables } from '../../support/receiver.ts';
import { devServer } from '../../support/temporal.ts';
import { Site } from '../site.ts';

const server = devServer();
const quick = { validateMs: 50, runMs: 500, finalizeMs: 50, cancelMs: 50 };
const variables = webhookVariables;
const poll = { initial: '300ms', max: '500ms' };

const receiver = receiverOfEachTest();

async function untilReceived(count: number): Promise<unknown[]> {
  await until(`${count} messages`, async () => receiver.current.received.length >= count);
  return receiver.current.received.map(({ body }) => JSON.parse(body));
}

test('a job tells its receiver once how it ended', () =>
  Site.with(server.env, 'told', { ...quick, variables }, async (site) => {
    await site.run(site.openaiJob(60, { poll, webhook: { url: receiver.current.url } }));
    expect(await untilReceived(1)).toMatchObject([
      { type: 'job.ended', data: { job: 'told', state: 'completed', verdict: 'complete', answered: 60, failed: 0 } },
    ]);
    expect(receiver.current.received[0]?.body).not.toContain('ticket 1');
  }));

test('a job that was cancelled, and one that fails after it began, tell it too', () =>
  Site.with(server.env, 'told-cancelled', { ...quick, variables, runMs: 60_000 }, async (site) => {
    await site.start(site.openaiJob(60, { poll, webhook: { url: receiver.current.url } }));
    await site.untilCreated(1);
    await site.cancel();
    expect(await site.failure()).toBe('CancelledFailure');
    expect(await untilReceived(1)).toMatchObject([{ data: { state: 'cancelled' } }]);
    const bad = site.openaiJob(60, { webhook: { url: receiver.current.url }, output: 'runs/bad/' });
    await site.start({ ...bad, request: { messages: [{ role: 'user', content: '{{ nothing }}' }] } }, 'bad');
    await expect(site.result('bad')).rejects.toThrow();
    expect((await untilReceived(2))[1]).toMatchObject({ data: { job: 'bad', state: 'failed', answered: null } });
  }));

test('a job with a receiver is refused if the worker has no secret, or the address is none', () =>
  Site.with(server.env, 'no-secret', quick, async (site) => {
    await site.start(site.openaiJob(2, { webhook: { url: receiver.current.url } }));
    await expect(site.result()).rejects.toMatchObject({
      cause: { message: expect.stringContaining('NIGHTSHIFT_WEBHOOK_SECRET') },
    });
    await site.start(site.openaiJob(2, { webhook: { url: 'ftp://x' } }), 'no-address');
    await expect(site.result('no-address')).rejects.toMatchObject({
      cause: { message: expect.stringContaining('webhook.url: must be an address') },
    });
  }));
