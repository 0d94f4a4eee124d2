// Following a job by its events: every row once, over cuts, new runs of the workflow, resets and other gateways.

import { expect, test } from 'vitest';
import { devServer } from '../../../support/temporal.ts';
import { startGateway, withGateway } from '../gateway-site.ts';
import { collectEvents, type ReadEvent, readUntil } from './read-events.ts';
import { resetJob } from './reset-job.ts';

const server = devServer();
const quick = { validateMs: 50, runMs: 400, finalizeMs: 50, cancelMs: 50 };
const small = { batch: { maxItems: 20, concurrency: 2 }, minBatchItems: 1, poll: { initial: '200ms', max: '300ms' } };
const slowMs = 120_000;

const listRows = (events: readonly ReadEvent[]): number[] =>
  events.filter(({ event }) => event === 'item').map(({ data }) => data.row ?? 0);
const sorted = (rows: readonly number[]): number[] => rows.toSorted((a, b) => a - b);
const upTo = (rows: number): number[] => Array.from({ length: rows }, (_, index) => index + 1);

test('a reader that is cut again and again gets every row once, in the order of the batches', { timeout: slowMs }, () =>
  withGateway(server.env, 'cuts', { ...quick, historyEventsMax: 60 }, async ({ site, gateway, fetch }) => {
    await site.start(site.openaiJob(200, small));
    const other = await startGateway(site);
    const seen: ReadEvent[] = [];
    let last = '';
    for (let cut = 0; last !== 'end'; cut += 1) {
      expect(cut).toBeLessThan(100);
      // Two gateways next to each other know the same numbers.
      const { url } = cut % 2 === 0 ? gateway : other;
      const response = await globalThis.fetch(`${url}/api/jobs/cuts/events`, { headers: { 'last-event-id': last } });
      const length = 7 + cut * 11;
      let count = 0;
      const events = await readUntil(response, ({ id }) => (id === null ? false : ++count === length || id === 'end'));
      seen.push(...events);
      last = events.findLast(({ id }) => id !== null)?.id ?? last;
    }
    await other.drain();
    expect((await site.runs()).length).toBeGreaterThan(1);
    expect(sorted(listRows(seen))).toEqual(upTo(200));
    const numbers = seen.filter(({ event }) => event === 'batch').map(({ data }) => data.number);
    expect(numbers).toEqual(upTo(10));
    expect(seen.filter(({ event }) => event === 'reset')).toEqual([]);
    expect(seen.at(-1)).toMatchObject({ event: 'end', data: { state: 'completed' } });
    expect((await fetch('/api/jobs/cuts/events', { headers: { 'last-event-id': 'end' } })).status).toBe(204);
  }),
);

test('batches of segments have numbers too, and their rows come once', { timeout: slowMs }, () =>
  withGateway(server.env, 'parts', { ...quick, batchesPerSegment: 4 }, async ({ site, fetch }) => {
    await site.start(site.openaiJob(240, small));
    const events = await collectEvents(await fetch('/api/jobs/parts/events'));
    expect(sorted(listRows(events))).toEqual(upTo(240));
    const numbers = events.filter(({ event }) => event === 'batch').map(({ data }) => data.number);
    expect(numbers).toEqual(upTo(12));
  }),
);

test('rows that fail, share an item or are sent again come once, with the end', { timeout: slowMs }, () =>
  withGateway(server.env, 'rest', { ...quick, itemErrors: { rate400: 0.3, rate500: 0.2 } }, async ({ site, fetch }) => {
    // The last ten rows are rows that came before.
    const same = (row: number) => {
      const id = row <= 50 ? row : row - 40;
      return { id, text: `ticket ${id}` };
    };
    await site.start({
      ...site.openaiJob(60, { ...small, retry: { rounds: 1, backoff: '1s' } }),
      dataset: site.dataset(60, same),
      fallback: { lane: 'none' },
    });
    const events = await collectEvents(await fetch('/api/jobs/rest/events'));
    expect(sorted(listRows(events))).toEqual(upTo(60));
    const statuses = new Set(events.filter(({ event }) => event === 'item').map(({ data }) => data.status));
    expect(statuses).toEqual(new Set(['answered', 'failed']));
    // The same again from the middle of the rest.
    const inRest = events.filter(
      ({ event, data }) => event === 'item' && (data.status === 'failed' || data.sameAs !== undefined),
    );
    expect(inRest.filter(({ data }) => data.sameAs !== undefined)).toHaveLength(10);
    const at = inRest[3];
    const again = await collectEvents(
      await fetch('/api/jobs/rest/events', { headers: { 'last-event-id': at?.id ?? '' } }),
    );
    expect(listRows(again)).toEqual(inRest.slice(4).map(({ data }) => data.row));
  }),
);

test('after a reset, a reader of numbers that are gone begins again, and misses no row', { timeout: 2 * slowMs }, () =>
  withGateway(server.env, 'again', { ...quick, historyEventsMax: 60 }, async ({ site, fetch }) => {
    await site.start(site.openaiJob(200, small));
    const isSecond = ({ event, data }: ReadEvent): boolean => event === 'batch' && data.number === 2;
    const before = await readUntil(await fetch('/api/jobs/again/events'), isSecond);
    await resetJob(site);
    const last = before.findLast(({ id }) => id !== null)?.id ?? '';
    const after = await collectEvents(await fetch('/api/jobs/again/events', { headers: { 'last-event-id': last } }));
    const fresh = after.slice(after.findIndex(({ event }) => event === 'reset') + 1);
    expect(sorted(listRows(fresh))).toEqual(upTo(200));
  }),
);

test('a gateway that drains ends its streams, and the reader continues at another', { timeout: slowMs }, () =>
  withGateway(server.env, 'drains', { ...quick, runMs: 3000 }, async ({ site, fetch }) => {
    await site.start(site.openaiJob(80, small));
    const draining = await startGateway(site);
    const first = await globalThis.fetch(`${draining.url}/api/jobs/drains/events`);
    const [events] = await Promise.all([
      collectEvents(first),
      readUntil(await fetch('/api/jobs/drains/events'), ({ event }) => event === 'batch').then(() => draining.drain()),
    ]);
    expect(events.at(-1)?.event).not.toBe('end');
    const last = events.findLast(({ id }) => id !== null)?.id ?? '';
    const rest = await collectEvents(await fetch('/api/jobs/drains/events', { headers: { 'last-event-id': last } }));
    expect(sorted([...listRows(events), ...listRows(rest)])).toEqual(upTo(80));
  }),
);
