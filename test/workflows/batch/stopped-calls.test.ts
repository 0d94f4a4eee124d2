// A call that is stopped by a pause or a cancellation while an attempt of it runs: how that attempt ends proves nothing. On the real server.

import { expect, test } from 'vitest';
import { until } from '../../end-to-end/crash/cell.ts';
import { devServer } from '../../support/temporal.ts';
import { Site } from '../site.ts';

const server = devServer();
const quick = { validateMs: 50, runMs: 1000, finalizeMs: 50, cancelMs: 50 };
const poll = { initial: '300ms', max: '500ms' };
const limited = { 'openai.batches.create': { status: 429, retryAfter: 3600, times: 1 } };

test('a job that is paused while the provider limits the rate of a create gives nothing back', () =>
  Site.with(server.env, 'stopped-create', { ...quick, calls: limited }, async (site) => {
    // The search before the create holds the attempt up, until the pause has reached it.
    await site.control.barrier({ name: 'search', route: 'openai.batches.list', when: 'before' });
    await site.start(site.openaiJob(60, { poll, retry: { rounds: 0 }, fallback: { lane: 'none' } }));
    await site.control.waitHit('search');
    await site.update('pause');
    const isAsked = async (): Promise<boolean> =>
      (await site.events('stopped-create/wave-1/batch-0001')).some(
        (event) => event.activityTaskCancelRequestedEventAttributes != null,
      );
    await until('the create is asked to stop', isAsked);
    await site.control.release('search');
    await site.update('resume');
    const report = await site.result();
    await site.expectPaidOnce(report, 60);
    expect(report).toMatchObject({ verdict: 'complete', waves: 1 });
  }));
