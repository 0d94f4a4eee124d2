// A cancelled job and every batch that it may have sent, however many there are and whatever workflow runs them. On the real server.

import { expect, test } from 'vitest';
import { until } from '../../end-to-end/crash/cell.ts';
import { devServer } from '../../support/temporal.ts';
import { Site } from '../site.ts';

const server = devServer();
const slow = { validateMs: 50, runMs: 600_000, finalizeMs: 50, cancelMs: 50 };
const poll = { initial: '300ms', max: '500ms' };

/** The job `first` is terminated with its batches, and the job `name` takes its output over. */
async function takeOver(site: Site, batches: number): Promise<void> {
  for (let number = 1; number <= batches; number += 1) {
    const id = `first/wave-1/batch-${String(number).padStart(4, '0')}`;
    await site.client.workflow.getHandle(id).terminate('test');
  }
  await site.client.workflow.getHandle('first').terminate('test');
}

async function untilTaken(site: Site): Promise<void> {
  await site.start({ resumeFrom: `runs/${site.name}/` });
  await until('it has the output', () => site.claim().workflowId === site.name);
}

test('a job that is cancelled as soon as it took over forty open batches lets none of them run on', () =>
  Site.with(server.env, 'many', { ...slow, cancelMs: 7000, cancelGrace: '20s' }, async (site) => {
    const batch = { maxItems: 2, concurrency: 40 };
    await site.start(site.openaiJob(80, { poll, batch, minBatchItems: 1, output: 'runs/many/' }), 'first');
    await site.untilCreated(40, 200);
    await takeOver(site, 40);
    await untilTaken(site);
    await site.handle.cancel();
    expect(await site.failure()).toBe('CancelledFailure');
    const { batchesByState } = await site.control.counts();
    expect(Object.keys(batchesByState)).not.toContain('in_progress');
  }));

test('a cancelled job ends although a workflow of the job before it never does', () =>
  Site.with(server.env, 'later', { ...slow, cancelGrace: '12s' }, async (site) => {
    await site.start(site.openaiJob(60, { poll, output: 'runs/later/' }), 'first');
    await site.untilCreated(1, 100);
    await takeOver(site, 1);
    // Its workers are gone.
    const workflowId = 'first/wave-1/batch-0001';
    const left = await site.client.workflow.start('processBatch', { workflowId, taskQueue: 'nowhere', args: [] });
    await untilTaken(site);
    await site.env.sleep(2000);
    await site.handle.cancel();
    expect(await site.failure()).toBe('CancelledFailure');
    expect(site.report().errorsByReason).toEqual({ in_doubt: 60 });
    await left.terminate('test');
  }));
