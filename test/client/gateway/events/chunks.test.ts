// Following a batch of the realtime lane: its rows come after each chunk, once, wherever a reader was cut.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { devServer } from '../../../support/temporal.ts';
import type { Site } from '../../../workflows/site.ts';
import { type GatewaySite, startGateway, withGateway } from '../gateway-site.ts';
import { collectEvents, type ReadEvent, readUntil } from './read-events.ts';
import { resetJob } from './reset-job.ts';

const server = devServer();
const slowMs = 120_000;
const rows = 1200;
const realtimeJob = { mode: 'realtime', realtime: { concurrency: 32 } } as const;
/** A call that is slow enough for a pause to come before the last chunk's end. */
const lastChunkMs = 2000;

const listRows = (events: readonly ReadEvent[]): number[] =>
  events.filter(({ event }) => event === 'item').map(({ data }) => data.row ?? 0);
const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);
const isChunk =
  (to: number) =>
  ({ event, data }: ReadEvent): boolean =>
    event === 'chunk' && data.to === to;
const isRow =
  (row: number) =>
  ({ event, data }: ReadEvent): boolean =>
    event === 'item' && data.row === row;

const answersOf = (site: Site): string => join(site.root, `runs/${site.name}/answers/wave-1`);
const isClassified = (site: Site): boolean => existsSync(join(answersOf(site), 'batch-0001.tally.json'));
const listChunkFiles = (site: Site): string[] =>
  readdirSync(answersOf(site)).filter((name) => name.includes('.chunk-'));

const follow = ({ gateway, site }: Pick<GatewaySite, 'gateway' | 'site'>, after = ''): Promise<Response> =>
  fetch(`${gateway.url}/api/jobs/${site.name}/events`, { headers: { 'last-event-id': after } });
const lastId = (events: readonly ReadEvent[]): string => events.findLast(({ id }) => id !== null)?.id ?? '';

test(
  'rows come after each chunk, and a reader continues in the middle of one at any gateway',
  { timeout: slowMs },
  () =>
    withGateway(server.env, 'chunks', { latencyMs: 100 }, async ({ site, gateway }) => {
      await site.start(site.openaiJob(rows, realtimeJob));
      const first = await readUntil(await follow({ gateway, site }), isChunk(500));
      await site.control.setOptions({ latencyMs: lastChunkMs });
      expect(first.filter(({ event }) => event === 'item')).toEqual([]);
      expect(first.at(-1)?.data).toEqual({ number: 1, wave: 1, batch: 1, from: 1, to: 500 });
      // In the middle of a chunk, and in the middle of the next one, while the batch runs.
      const second = await readUntil(await follow({ gateway, site }, lastId(first)), isRow(200));
      const other = await startGateway(site);
      const third = await readUntil(await follow({ gateway: other, site }, lastId(second)), isRow(500));
      expect(isClassified(site)).toBe(false);
      expect(listChunkFiles(site).sort()[0]).toBe('batch-0001.chunk-1.jsonl');
      await site.control.setOptions({ latencyMs: 0 });
      const fourth = await readUntil(await follow({ gateway, site }, lastId(third)), isRow(700));
      await site.result();
      expect(listChunkFiles(site)).toEqual([]);
      // The rest of the chunk from the batch's answers.
      const fifth = await collectEvents(await follow({ gateway: other, site }, lastId(fourth)));
      await other.drain();
      const seen = [first, second, third, fourth, fifth].flat();
      expect(listRows(seen)).toEqual(upTo(rows));
      expect(seen.filter(({ event }) => event === 'reset')).toEqual([]);
      const whole = await collectEvents(await follow({ gateway, site }));
      expect(listRows(whole)).toEqual(upTo(rows));
      const ids = (events: readonly ReadEvent[]): (string | null)[] =>
        events.map(({ id }) => id).filter((id) => id !== null);
      expect(ids(seen)).toEqual(ids(whole));
      const told = whole.filter(({ event }) => event === 'chunk' || event === 'batch');
      expect(told.map(({ event, data: { number, to } }) => [event, number, to])).toEqual([
        ['chunk', 1, 500],
        ['chunk', 2, 1000],
        ['batch', 3, undefined],
      ]);
    }),
);

test('after a reset, a reader of a chunk that is gone begins again, and misses no row', { timeout: slowMs }, () =>
  withGateway(server.env, 'chunk-reset', { latencyMs: 100 }, async ({ site, gateway }) => {
    await site.start(site.openaiJob(rows, realtimeJob));
    const before = await readUntil(await follow({ gateway, site }), isRow(200));
    await resetJob(site);
    const after = await collectEvents(await follow({ gateway, site }, lastId(before)));
    const fresh = after.slice(after.findLastIndex(({ event }) => event === 'reset') + 1);
    expect(after.map(({ event }) => event)).toContain('reset');
    expect(listRows(fresh).toSorted((a, b) => a - b)).toEqual(upTo(rows));
  }),
);

test.each([
  { what: 'over runs of the job', name: 'chunk-runs', options: { historyEventsMax: 30 } },
  { what: 'in segments', name: 'chunk-segments', options: { batchesPerSegment: 1 } },
])('chunks keep their numbers $what', { timeout: slowMs }, ({ name, options }) =>
  withGateway(server.env, name, options, async ({ site, gateway }) => {
    await site.start(site.openaiJob(2 * rows, { ...realtimeJob, batch: { maxItems: rows } }));
    const seen: ReadEvent[] = [];
    for (let cut = 1; lastId(seen) !== 'end'; cut += 1) {
      expect(cut).toBeLessThan(50);
      let items = 0;
      const isCut = ({ event }: ReadEvent): boolean => event === 'item' && ++items === 333;
      seen.push(...(await readUntil(await follow({ gateway, site }, lastId(seen)), isCut)));
    }
    expect(listRows(seen)).toEqual(upTo(2 * rows));
    const told = seen.filter(({ event }) => event === 'chunk' || event === 'batch');
    expect(told.map(({ data: { number, batch, to } }) => [number, batch, to])).toEqual([
      [1, 1, 500],
      [2, 1, 1000],
      [3, 1, undefined],
      [4, 2, 500],
      [5, 2, 1000],
      [6, 2, undefined],
    ]);
    expect(seen.filter(({ event }) => event === 'reset')).toEqual([]);
    const runs = name === 'chunk-runs' ? (await site.runs()).length : 2;
    expect(runs).toBeGreaterThan(1);
  }),
);
