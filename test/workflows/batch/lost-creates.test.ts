// A provider that makes no batch and sends no reply, create after create: a person learns of it, and the rows are in doubt in the end.

import { expect, test } from 'vitest';
import { timeSkippingServer } from '../../support/temporal.ts';
import { hourMs, Site } from '../site.ts';

const server = timeSkippingServer();

test('a batch whose creates are lost one after the other is created five times, not more', () =>
  Site.with(
    server.env,
    'lost-creates',
    { calls: { 'openai.batches.create': { status: 502, body: 'bad gateway' } } },
    async (site) => {
      await site.start(site.openaiJob(60, { poll: { initial: '1m', max: '5m' } }));
      await site.env.sleep(4 * hourMs);
      const { alerts } = await site.status();
      expect(alerts).toEqual([expect.stringContaining('the replies to 5 creates were lost')]);
      const report = await site.result();
      expect(report).toMatchObject({ verdict: 'none', errorsByReason: { in_doubt: 60 } });
      expect(await site.control.requests('openai.batches.create')).toHaveLength(5);
    },
  ));
