// The Temporal Web UI as the dashboard: what a person sees of a job there, in a real browser.

import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { browser } from '../support/browser.ts';
import { Cell, until } from './crash/cell.ts';
import { realServer } from './server.ts';

const server = realServer({});
const { open } = browser();

/** The Web UI shows the details that a workflow wrote in a separate frame. */
async function textOf(page: Page): Promise<string> {
  const texts = await Promise.all(
    page.frames().map(async (frame) =>
      frame
        .locator('body')
        .textContent({ timeout: 2000 })
        .catch(() => ''),
    ),
  );
  return texts.join('\n');
}

/** The address of what a workflow wrote about itself. A click on its tab may be lost while the page still loads. */
async function detailsOf(workflowId: string): Promise<string> {
  const { runId } = await server.client.workflow.getHandle(workflowId).describe();
  return `${server.uiUrl}/namespaces/default/workflows/${encodeURIComponent(workflowId)}/${runId}/user-metadata`;
}

const shows = (page: Page, texts: readonly string[], limitMs?: number): Promise<void> =>
  until(
    `the page shows ${texts.join(', ')}`,
    async () => {
      const text = await textOf(page);
      return texts.every((each) => text.includes(each));
    },
    limitMs,
  );

/** The page reads the details once: if the batch had not been polled by then, only a reload shows that it was. */
const showsOnceLoaded = (page: Page, url: string, texts: readonly string[]): Promise<void> =>
  until(
    `${url} shows ${texts.join(', ')}`,
    async () => {
      await page.goto(url);
      return shows(page, texts, 5_000).then(
        () => true,
        () => false,
      );
    },
    90_000,
  );

test('every list view that the docs name is a query that the server understands', async () => {
  const page = readFileSync(new URL('../../docs/web-ui.md', import.meta.url), 'utf8');
  const queries = [...page.matchAll(/`([^`]* = "[^`]*)`/g)].map(([, query = '']) => query);
  expect(queries.length).toBeGreaterThan(7);
  const client = server.client;
  for (const query of queries) expect((await client.workflow.count(query)).count, query).toBe(0);
});

test(
  'the list, the details while it runs and after, the tree and a batch’s events read as a story',
  () =>
    Cell.with(
      server,
      'seen',
      { emulator: { runMs: 1000, batch: { stuckIn: 'in_progress' }, itemErrors: { rate400: 0.2, failTimes: 0 } } },
      async (at) => {
        const handle = await at.start({ ...at.openaiJob(300), budget: { usd: 5 } });
        await until('batches are in progress', async () => (await at.control.counts()).batchesCreated === 3);
        const pages = `${server.uiUrl}/namespaces/default/workflows`;
        const isJobs = encodeURIComponent('WorkflowType="processDataset" AND NightshiftProvider="openai"');
        await shows((await open(`${pages}?query=${isJobs}`)).page, ['Running', 'seen']);

        const { page } = await open(await detailsOf('seen'));
        await shows(page, ['Waits for the provider: 3 batches open', 'of 300 rows answered', 'budget']);
        await shows(page, ['plan every batch before anything is spent', '100 items to gpt-5.4-mini, batch lane']);
        await page
          .getByText(/^Search Attributes/)
          .first()
          .click();
        await shows(page, ['NightshiftPhase', 'running', 'NightshiftModel', 'gpt-5.4-mini']);

        const ofBatch = await detailsOf('seen/wave-1/batch-0001');
        await showsOnceLoaded(page, ofBatch, ['next poll at', 'batch_', 'in_progress', 'failed at the provider']);

        await at.control.setOptions({ batch: null });
        await handle.result();
        await page.goto(await detailsOf('seen'));
        await shows(page, ['partial', 'the same in realtime', 'runs/seen/results.jsonl', 'bad_request']);
        await page.getByText(/^Memo/).first().click();
        await shows(page, ['partial', 'results.jsonl']);
        await page
          .getByText(/^Relationships/)
          .first()
          .click();
        await shows(page, ['seen/wave-1/batch-0003']);

        await page.goto(`${pages}/${encodeURIComponent('seen/wave-1/batch-0001')}`);
        await shows(page, ['upload 100 items', 'create openai batch of 100 items', 'classify 100 items']);
      },
    ),
  180_000,
);

test(
  'a failed job says why, and what to do',
  () =>
    Cell.with(server, 'refused', {}, async (at) => {
      const handle = await at.start({ ...at.openaiJob(10), dataset: 'absent.jsonl' });
      await expect(handle.result()).rejects.toThrow();
      const { page } = await open(await detailsOf('refused'));
      await shows(page, ['dataset_missing', 'absent.jsonl', 'then start the job again']);
    }),
  180_000,
);
