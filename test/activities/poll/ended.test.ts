// A poll that sees the end of a batch: what its coordinator learns of it before the batch is settled.

import { expect, test } from 'vitest';
import { poll } from '../../../activities/poll/poll.ts';
import type { BatchError, BatchPhase, BatchView } from '../../../domain/batch/state.ts';
import type { BatchNews } from '../../../domain/progress/events.ts';
import { readFault } from '../../../domain/progress/faults.ts';
import { handle, runningView, SubmissionSite } from '../submit/submission-site.ts';

const counts = { total: 1, done: 1, failed: 0 };
const completed: BatchView = { ...runningView, phase: 'ended', ending: 'completed', status: 'completed', counts };
const failedFor = (reason: BatchError['reason']): BatchView => ({
  ...completed,
  ending: 'failed',
  errors: [{ reason, line: null, detail: 'the disk is gone' }],
});

/** The news of one poll of a batch whose coordinator knows it in this phase. */
async function pollOnce(view: BatchView, toldPhase: BatchPhase | null): Promise<readonly BatchNews[]> {
  const site = await SubmissionSite.open();
  const told: BatchNews[] = [];
  const deps = {
    ...site.deps,
    provider: () => ({ ...site.deps.provider('openai'), poll: async () => view }) as never,
    cluster: { ...site.deps.cluster, notify: async (_: string, news: BatchNews) => void told.push(news) },
  };
  const input = { coordinator: 'job', toldTenths: 10, toldPhase, tellEvery: 1, mayBlameAccount: false };
  await site.run(() => poll(deps, { ...site.ref, ...input, handle: handle('own') }));
  return told;
}

test('a batch that ended before its first poll does not stay in `staging`', async () => {
  expect(await pollOnce(completed, null)).toMatchObject([{ stage: 'collecting', batchId: 'own', done: 1 }]);
});

test('the end of a batch that was seen to run is not told by the poll: the tally tells it', async () => {
  expect(await pollOnce(completed, 'running')).toEqual([]);
});

test.each([null, 'running'] as const)(
  'a batch that failed for an unknown reason is a fault immediately, told once (%s)',
  async (phase) => {
    const [news, ...more] = await pollOnce(failedFor('other'), phase);
    expect(news).toMatchObject({ stage: 'collecting' });
    expect(news && readFault(news)).toBe('batch_failed');
    expect(more).toEqual([]);
    expect(await pollOnce(failedFor('other'), 'ended')).toEqual([]);
  },
);

test('a batch that is made again tells its coordinator itself what it waits for', async () => {
  expect(await pollOnce(failedFor('capacity'), null)).toEqual([]);
});

test('an end that a later poll shows again is marked as such, after the time to read again', async () => {
  const site = await SubmissionSite.open();
  const provider = () => ({ ...site.deps.provider('openai'), poll: async () => completed }) as never;
  const told = { coordinator: null, toldTenths: 10, toldPhase: null, tellEvery: 1, mayBlameAccount: false } as const;
  const look = async (afterMs: number) => {
    site.now += afterMs;
    const deps = { ...site.deps, provider };
    return (await site.run(() => poll(deps, { ...site.ref, ...told, handle: handle('own') }))).ended?.seenAgain;
  };
  expect([await look(0), await look(500_000), await look(100_000)]).toEqual([undefined, undefined, true]);
});
