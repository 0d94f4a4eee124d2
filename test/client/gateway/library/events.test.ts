// The library's events: typed, every row once, continued after an id, at the reader's own speed, and without a gateway.

import { expect, test } from 'vitest';
import { type JobEvent, Nightshift } from '../../../../client/index.ts';
import { devServer } from '../../../support/temporal.ts';
import { Site } from '../../../workflows/site.ts';

const server = devServer();
const quick = { validateMs: 50, runMs: 400, finalizeMs: 50, cancelMs: 50 };
const small = { batch: { maxItems: 20, concurrency: 2 }, minBatchItems: 1, poll: { initial: '200ms', max: '300ms' } };
const slowMs = 120_000;

const libraryOf = (site: Site): Nightshift =>
  new Nightshift(site.client, { taskQueue: site.name, dataRoot: site.root });

const listRows = (events: readonly JobEvent<string>[]): number[] =>
  events.flatMap((event) => (event.event === 'item' ? [event.data.row] : [])).toSorted((a, b) => a - b);
const upTo = (rows: number): number[] => Array.from({ length: rows }, (_, index) => index + 1);

test('a program that leaves again and again gets every row once, failed ones too', { timeout: slowMs }, () =>
  Site.with(server.env, 'library', { ...quick, itemErrors: { rate400: 0.1 } }, async (site) => {
    await site.start(site.openaiJob(100, small));
    const jobs = libraryOf(site);
    const seen: JobEvent<string>[] = [];
    let after: string | undefined;
    for (let visit = 1; seen.at(-1)?.event !== 'end'; visit += 1) {
      expect(visit).toBeLessThan(50);
      let taken = 0;
      for await (const event of jobs.events<string>('library', after === undefined ? {} : { after })) {
        seen.push(event);
        after = event.id ?? after;
        taken += event.id === null ? 0 : 1;
        if (taken === visit * 7) break;
      }
    }
    expect(listRows(seen)).toEqual(upTo(100));
    const batches = seen.flatMap((event) => (event.event === 'batch' ? [event.data] : []));
    expect(batches.map(({ number }) => number)).toEqual(upTo(5));
    expect(batches[0]).toMatchObject({ wave: 1, items: 20, lane: 'batch' });
    expect(seen.find(({ event }) => event === 'job')?.data).toMatchObject({ phase: expect.any(String) });
    expect(seen.at(-1)).toEqual({ event: 'end', id: 'end', data: { state: 'completed' } });
    expect(await jobs.events('library', { after: 'end' }).next()).toEqual({ done: true, value: undefined });
    await expect(jobs.events('library', { after: 'x' }).next()).rejects.toThrow('after: not an id of an event');
    await expect(jobs.events('nobody').next()).rejects.toThrow(/not found/);
    const plain: JobEvent[] = [];
    for await (const event of jobs.events('library', { items: false })) plain.push(event);
    expect(plain.map(({ event }) => event)).toEqual(['job', ...batches.map(() => 'batch'), 'end']);
  }),
);

test('leaving while nothing happens ends the asking', { timeout: slowMs }, () =>
  Site.with(server.env, 'leaving', quick, async (site) => {
    await site.start(site.openaiJob(20, { minBatchItems: 0, rollout: { steps: [0.1, 1], approve: true } }));
    const jobs = libraryOf(site);
    let asked = 0;
    const describe = jobs.describe.bind(jobs);
    jobs.describe = (id) => {
      asked += 1;
      return describe(id);
    };
    for await (const { event, data } of jobs.events('leaving')) {
      if (event === 'job' && data.pause?.reason === 'approval') break;
    }
    const before = asked;
    await site.env.sleep(5000);
    expect(asked - before).toBeLessThan(2);
    await site.handle.cancel();
  }),
);
