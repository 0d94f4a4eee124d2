// The copies that a provider keeps of a job: uploads are deleted early, all others at the end, and those that are left are counted and reported.

import { expect, test } from 'vitest';
import { timeSkippingServer } from '../../support/temporal.ts';
import { Site } from '../site.ts';

const server = timeSkippingServer();
const threeBatches = { batch: { maxItems: 60 } };

test('nothing of a job stays at its provider, and its uploads go before its outputs', () =>
  Site.with(server.env, 'deleted', {}, async (site) => {
    const report = await site.run(site.openaiJob(180, threeBatches));
    expect(report).toMatchObject({ verdict: 'complete', warnings: [] });
    const uploads = (await site.control.requests('openai.files.create')).map(({ file }) => file);
    const deletes = (await site.control.requests('openai.files.delete')).map(({ path }) => path.split('/').at(-1));
    expect(uploads).toHaveLength(3);
    expect([...deletes.slice(0, 3)].sort()).toEqual([...uploads].sort());
    expect(new Set(deletes).size).toBe(6);
  }));

test('the batches whose copies could not be deleted are counted, and their job is complete', () =>
  Site.with(server.env, 'left', { calls: { 'openai.files.delete': { status: 403, times: 1000 } } }, async (site) => {
    const report = await site.run(site.openaiJob(180, threeBatches));
    await site.expectPaidOnce(report, 180);
    expect(report.verdict).toBe('complete');
    expect(report.warnings).toEqual([expect.stringContaining('copies of 3 batches could not be deleted')]);
  }));
