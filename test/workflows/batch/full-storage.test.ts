// A provider whose storage of files is full: the batch waits for room, no attempt is used, and nothing is given up.

import { expect, test } from 'vitest';
import { timeSkippingServer } from '../../support/temporal.ts';
import { hourMs, Site } from '../site.ts';

const server = timeSkippingServer();

test('an upload that does not fit into the account waits until there is room', () =>
  Site.with(server.env, 'full-storage', { limits: { files: 0 } }, async (site) => {
    await site.start(site.openaiJob(60, { poll: { initial: '1m', max: '5m' } }));
    await site.env.sleep(2 * hourMs);
    expect(await site.status()).toMatchObject({ pause: null, capacity: [{ waiting: 1 }], items: { answered: 0 } });
    await site.control.setOptions({ limits: { files: null } });
    const report = await site.result();
    await site.expectPaidOnce(report, 60);
    expect(report).toMatchObject({ verdict: 'complete', waves: 1, attempts: { 1: 60 } });
    expect((await site.control.counts()).batchesCreated).toBe(1);
  }));
