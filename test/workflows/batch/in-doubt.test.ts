// Items in doubt stay in doubt, in their job and in the next one, until a person sends them again.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { timeSkippingServer } from '../../support/temporal.ts';
import { minuteMs, Site } from '../site.ts';

const server = timeSkippingServer();
const poll = { initial: '1m', max: '5m' };
/** The output never shows, so nobody can say what ran. It is a fault of batches that are created while it is set. */
const hidden = { outputNotFoundFor: 1_000_000 };
const shown = { outputNotFoundFor: 0 };

const read = (site: Site, path: string): string => readFileSync(join(site.root, 'runs', path), 'utf8');
const countLines = (site: Site, path: string): number => read(site, path).split('\n').filter(Boolean).length;

test('neither `retryFailed` without reasons nor `reuse` sends what is in doubt; a dataset of in-doubt.jsonl does', () =>
  Site.with(server.env, 'doubt', { batch: hidden }, async (site) => {
    await site.start(site.openaiJob(60, { poll }));
    await site.untilCreated(1);
    await site.update('retryFailed');
    const report = await site.result();
    await site.expectPaidOnce(report, 60);
    expect(report).toMatchObject({ verdict: 'none', errorsByReason: { in_doubt: 60 }, batches: { count: 1 } });
    expect(report.inDoubtBatches).toEqual([site.results()[0]?.batchId]);
    expect([countLines(site, 'doubt/in-doubt.jsonl'), countLines(site, 'doubt/failures.jsonl')]).toEqual([60, 0]);

    await site.control.setOptions({ batch: shown });
    const reuse = { poll, reuse: 'runs/doubt/results.jsonl' };
    const second = await site.run(site.openaiJob(70, reuse), 'doubt-2');
    await site.expectPaidOnce(second, 70, 'doubt-2');
    expect(second).toMatchObject({
      verdict: 'partial',
      rows: { answered: 10, failed: 60, carriedOver: 60, carriedInDoubt: 60 },
      inDoubtBatches: report.inDoubtBatches,
    });
    expect(read(site, 'doubt-2/in-doubt.jsonl')).toBe(read(site, 'doubt/in-doubt.jsonl'));

    const third = await site.run({ ...site.openaiJob(60, { poll }), dataset: 'runs/doubt/in-doubt.jsonl' }, 'doubt-3');
    expect(third).toMatchObject({ verdict: 'complete', rows: { answered: 60 } });
    expect((await site.control.counts()).billedTwice.byBody).toHaveLength(60);
  }));

test('`retryFailed` sends what is in doubt again if a person names the reason', () =>
  Site.with(server.env, 'doubt-by-name', { batch: hidden }, async (site) => {
    await site.start(site.openaiJob(60, { poll }));
    await site.untilCreated(1);
    await site.control.setOptions({ batch: shown });
    await site.update('retryFailed', { reasons: ['in_doubt'] });
    const report = await site.result();
    site.expectWhole(report, 60);
    expect(report).toMatchObject({ verdict: 'complete', waves: 2, attempts: { 2: 60 }, inDoubtBatches: [] });
    expect((await site.control.counts()).billedTwice.byBody).toHaveLength(60);
    expect(countLines(site, 'doubt-by-name/in-doubt.jsonl')).toBe(0);
  }));

test('while a job runs, its status counts what was carried over in doubt as failed', () =>
  Site.with(server.env, 'doubt-status', { batch: hidden }, async (site) => {
    await site.run(site.openaiJob(60, { poll }));
    await site.control.setOptions({ batch: shown });
    await site.start(site.openaiJob(120, { poll, reuse: 'runs/doubt-status/results.jsonl' }), 'doubt-running');
    await site.untilCreated(2);
    await site.env.sleep(minuteMs);
    const status = await site.client.workflow.getHandle('doubt-running').query('status');
    expect(status).toMatchObject({ items: { answered: 0, underWay: 60, failed: 60, byReason: { in_doubt: 60 } } });
    await site.result('doubt-running');
  }));
