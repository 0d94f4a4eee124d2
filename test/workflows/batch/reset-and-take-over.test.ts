// A job that is reset after trouble, and a job that is taken over with waves that a person had asked for. On the real server.

import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { until } from '../../end-to-end/crash/cell.ts';
import { devServer } from '../../support/temporal.ts';
import { Site } from '../site.ts';

const server = devServer();
const quick = { validateMs: 50, runMs: 1000, finalizeMs: 50, cancelMs: 50 };
const poll = { initial: '300ms', max: '500ms' };

/** Resets the job to its workflow task of that number, from 1. The second is the one that plans it. */
async function reset(site: Site, task: number): Promise<void> {
  const { runId } = await site.handle.describe();
  const tasks = (await site.events()).filter((event) => event.workflowTaskCompletedEventAttributes != null);
  await site.client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: site.name, runId },
    reason: 'test',
    requestId: randomUUID(),
    workflowTaskFinishEventId: tasks[task - 1]?.eventId ?? null,
  });
}

test('a job that met trouble can be reset to its start', () =>
  Site.with(
    server.env,
    'troubled',
    {
      ...quick,
      calls: { 'openai.batches.create': { status: 401, body: '{"error":{"message":"no","code":"invalid_api_key"}}' } },
    },
    async (site) => {
      await site.start(site.openaiJob(60, { poll, retry: { backoff: '1s' } }));
      await until('paused', async () => (await site.status()).phase === 'paused');
      await site.control.setOptions({ calls: null });
      await site.update('resume');
      await reset(site, 1);
      const report = await site.result();
      await site.expectPaidOnce(report, 60);
      expect(report).toMatchObject({ verdict: 'complete', rows: { answered: 60 } });
    },
  ));

test('a job that takes over another runs the waves that the other had planned', () =>
  Site.with(
    server.env,
    'asked',
    { ...quick, runMs: 3000, itemErrors: { rate400: 0.5, failTimes: 1 } },
    async (site) => {
      await site.start(site.openaiJob(120, { poll, minBatchItems: 1, retry: { backoff: '1s' } }));
      await site.untilCreated(1, 100);
      await site.update('retryFailed', { reasons: ['bad_request'] });
      await site.untilCreated(2, 100);
      await site.handle.terminate('test');
      await site.start({ resumeFrom: 'runs/asked/' }, 'asked-2');
      const report: Awaited<ReturnType<Site['result']>> = await site.result('asked-2');
      expect(report).toMatchObject({ verdict: 'complete', rows: { answered: 120, failed: 0 } });
      expect(report.waves).toBeGreaterThanOrEqual(2);
      expect((await site.control.counts()).billedTwice).toEqual({ byCustomId: [], byBody: [] });
    },
  ));

test('a job that is reset after another took its output over ends with that message, and nothing is paid twice', () =>
  Site.with(server.env, 'overtaken', { ...quick, runMs: 8000 }, async (site) => {
    await site.start(site.openaiJob(60, { poll, retry: { backoff: '1s' } }));
    await site.untilCreated(1, 100);
    await site.handle.terminate('test');
    await site.start({ resumeFrom: 'runs/overtaken/' }, 'taker');
    const taker = site.client.workflow.getHandle('taker');
    await until('taken over', async () => (await taker.query<{ phase: string }, []>('status')).phase === 'running');
    await reset(site, 2);
    const failure: unknown = await site.result().catch((error: unknown) => error);
    expect(failure).toMatchObject({
      cause: { type: 'taken_over', message: expect.stringMatching('runs/overtaken/ was taken over by taker') },
    });
    const report = await site.result('taker');
    expect(report).toMatchObject({ verdict: 'complete', rows: { answered: 60 } });
    expect((await site.control.counts()).billedTwice).toEqual({ byCustomId: [], byBody: [] });
  }));
