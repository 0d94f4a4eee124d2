// Messages that were not delivered, on the real server: they are listed, and delivered again under their ids.

import { expect, test } from 'vitest';
import { type DeadLetter, Webhooks } from '../../../client/long-lived/webhooks.ts';
import { until } from '../../end-to-end/crash/cell.ts';
import { receiverOfEachTest, webhookVariables } from '../../support/receiver.ts';
import { devServer } from '../../support/temporal.ts';
import { Site } from '../site.ts';

const server = devServer();
const quick = { validateMs: 50, runMs: 500, finalizeMs: 50, cancelMs: 50 };
const variables = webhookVariables;

const receiver = receiverOfEachTest();

async function listAll(webhooks: Webhooks): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for await (const letter of webhooks.deadLetters()) letters.push(letter);
  return letters;
}

test('a message that its receiver never takes is a dead letter, and can be delivered again', () =>
  Site.with(server.env, 'dead-letter', { ...quick, variables }, async (site) => {
    receiver.current.answer((response) => response.writeHead(410).end());
    await site.run(
      site.openaiJob(2, {
        poll: { initial: '300ms', max: '500ms' },
        minBatchItems: 0,
        webhook: { url: receiver.current.url },
      }),
    );
    await until('it is tried', async () => receiver.current.received.length === 1);
    const webhooks = new Webhooks(site.client, site.name);
    let letters: DeadLetter[] = [];
    await until('it is given up', async () => {
      letters = await listAll(webhooks);
      return letters.length > 0;
    });
    expect(letters).toMatchObject([{ job: 'dead-letter', reason: expect.stringContaining('410') }]);
    receiver.current.answer((response) => response.writeHead(200).end());
    await webhooks.redeliver(letters[0]?.id ?? '');
    await until('it is sent again', async () => receiver.current.received.length === 2);
    await until('no letter is left', async () => (await listAll(webhooks)).length === 0);
    await expect(webhooks.redeliver(letters[0]?.id ?? '')).rejects.toThrow();
    expect(receiver.current.received[0]?.headers['webhook-id']).toBe(
      receiver.current.received[1]?.headers['webhook-id'],
    );
  }));
