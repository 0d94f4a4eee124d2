// A job of more batches than one workflow may hold, on real processes: segments of five hundred, and no history near its bound.
// It takes minutes, and runs only when asked to, with NIGHTSHIFT_LONG=1: see CONTRIBUTING.md.

import { expect, test } from 'vitest';
import { Cell } from './crash/cell.ts';
import { realServer } from './server.ts';

const server = realServer();

test.runIf(process.env.NIGHTSHIFT_LONG === '1')('1,200 batches run in three segments', { timeout: 400_000 }, () =>
  Cell.with(server, 'many', {}, async (at) => {
    const changes = { batch: { maxItems: 1, concurrency: 100 }, minBatchItems: 1, poll: { initial: '3s', max: '5s' } };
    const handle = await at.start({ ...at.openaiJob(1200), ...changes });
    await at.expectComplete(await handle.result(), 1200, 1200);
    const events = async (workflowId: string): Promise<number> =>
      (await at.client.workflow.getHandle(workflowId).fetchHistory()).events?.length ?? 0;
    const segments = [1, 2, 3].map((number) => `many/wave-1/segment-000${number}`);
    const sizes = await Promise.all([handle.workflowId, ...segments].map(events));
    expect(Math.max(...sizes)).toBeLessThan(10_240);
  }),
);
