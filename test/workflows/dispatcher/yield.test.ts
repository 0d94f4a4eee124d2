// A batch that was granted room, and that a person holds before it is created, gives its room to others and gets new room later.

import { expect, test } from 'vitest';
import type { JobReport } from '../../../domain/report/report.ts';
import { until } from '../../end-to-end/crash/cell.ts';
import { devServer } from '../../support/temporal.ts';
import type { Site } from '../site.ts';
import { readPage, results, type SiteChange, withDispatchedSite, writeConfig } from './dispatched-site.ts';

const server = devServer();
const shared = {
  poll: { initial: '200ms', max: '500ms' },
  batch: { maxItems: 10, concurrency: 10 },
  minBatchItems: 1,
};
/** Of one batch of ten items. */
const enqueued = { openai: { default: { models: { 'gpt-5.4-mini': { enqueuedTokens: 300 } } } } };

/** The first job is granted the only room there is, and its upload fails. */
function holdUpload(
  fault: NonNullable<SiteChange['calls']>[string],
  act: (site: Site, upload: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const quick = { validateMs: 20, runMs: 400, finalizeMs: 20 };
  const variables = writeConfig({ limits: enqueued });
  return withDispatchedSite(
    server,
    { ...quick, limits: { tokens: 300 }, variables, calls: { 'openai.files.create': fault } },
    async (site) => {
      const upload = async (): Promise<void> => {
        await until('an upload', async () => ((await site.control.counts()).requests['openai.files.create'] ?? 0) > 0);
      };
      const first = await site.start(site.openaiJob(10, shared), 'first');
      await act(site, upload);
      await until('nothing is held', async () => (await readPage(server)).open === 0);
      const second = await site.start(site.openaiJob(10, shared), 'second');
      expect(await second.result()).toMatchObject({ verdict: 'complete', rows: { answered: 10 } });
      await first.executeUpdate('resume', { args: [{}] });
      const [report] = (await results([first])) as [JobReport];
      expect(report).toMatchObject({ verdict: 'complete', rows: { answered: 10 }, attempts: { 1: 10 } });
      const { billedTwice, batchesCreated } = await site.control.counts();
      expect({ twice: billedTwice.byCustomId, batchesCreated }).toEqual({ twice: [], batchesCreated: 2 });
      await until('all is given back', async () => (await readPage(server)).holders === 0);
    },
  );
}

test(
  'a paused job does not hold others up with a batch that it may not create',
  () =>
    holdUpload({ status: 503 }, async (site, upload) => {
      await upload();
      await site.client.workflow.getHandle('first').executeUpdate('pause', { args: [{}] });
      await site.control.setOptions({ calls: null });
    }),
  120_000,
);

test(
  'nor does a job whose key was refused',
  () =>
    holdUpload(
      { status: 401, times: 1, body: '{"error":{"message":"no","code":"invalid_api_key"}}' },
      (_site, upload) => upload(),
    ),
  120_000,
);
