// SIGKILL of a worker in a realtime batch while somebody follows the job's events: no row is lost or told twice, and none is paid twice.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type JobEvent, Nightshift } from '../../../client/index.ts';
import { realServer } from '../server.ts';
import { Cell, dieAt, until } from './cell.ts';

const server = realServer();
const limitMs = 300_000;
const rows = 1200;

const startJob = (at: Cell) =>
  at.start({ ...at.openaiJob(rows), mode: 'realtime', realtime: { concurrency: 16 }, batch: { maxItems: rows } });

class Follower {
  readonly events: JobEvent[] = [];
  readonly done: Promise<void>;

  constructor(at: Cell) {
    const jobs = new Nightshift(at.client, { taskQueue: at.name, dataRoot: at.root });
    this.done = this.#follow(jobs, at.name);
    this.done.catch(() => undefined);
  }

  get items(): number {
    return this.events.filter(({ event }) => event === 'item').length;
  }

  async #follow(jobs: Nightshift, id: string): Promise<void> {
    for await (const event of jobs.events(id)) this.events.push(event);
  }
}

/** Each row once, in order, and as the results have it. */
async function expectTold(at: Cell, { events, done }: Follower): Promise<void> {
  await done;
  const told = events.flatMap((event) => (event.event === 'item' ? [event.data] : []));
  const outputs = (lines: readonly { row: number; output?: unknown }[]) =>
    lines.map(({ row, output }) => ({ row, output }));
  expect(outputs(told)).toEqual(outputs(at.results()));
  expect(told).toHaveLength(rows);
  expect(events.filter(({ event }) => event === 'reset')).toEqual([]);
  const chunks = events.flatMap((event) => (event.event === 'chunk' ? [event.data.to] : []));
  expect(chunks).toEqual([500, 1000]);
  const left = readdirSync(at.path('answers/wave-1')).filter((name) => name.includes('.chunk-'));
  expect(left).toEqual([]);
}

const points = [
  ['the answers of the first chunk are written', 'write .chunk-1.jsonl'],
  ['the answers of the second chunk are written', 'write .chunk-501.jsonl'],
  ["the batch's answers are written, before its tally", 'write batch-0001.jsonl'],
  ['its tally is written, before the chunks are removed', 'write batch-0001.tally.json'],
  ['some of the chunks are removed', 'remove .chunk-501.jsonl'],
] as const;

test.concurrent.each(points)(
  'a worker dies after %s',
  (_, point) =>
    Cell.with(server, `chunk-${point.replaceAll(/[ .]+/g, '-')}`, { workers: 0 }, async (at) => {
      await at.startWorker(dieAt(point));
      const handle = await startJob(at);
      const follower = new Follower(at);
      await until('the worker dies', () => !at.worker.running, 150_000);
      await at.startWorker();
      const report = await handle.result();
      expect(report).toMatchObject({ verdict: 'complete', rows: { answered: rows }, attempts: { 1: rows } });
      expect((await at.control.counts()).sync.billed).toBe(rows);
      await expectTold(at, follower);
    }),
  limitMs,
);

test.concurrent(
  'workers die in the middle of chunks',
  () =>
    Cell.with(server, 'chunk-killed', { emulator: { latencyMs: 50 } }, async (at) => {
      const handle = await startJob(at);
      const follower = new Follower(at);
      const calls = async (): Promise<number> => (await at.control.counts()).requests['openai.chat'] ?? 0;
      await until('some calls', async () => (await calls()) >= 100);
      await at.replaceWorker();
      await until('a chunk is told', () => follower.items >= 500);
      expect(existsSync(join(at.path('answers/wave-1'), 'batch-0001.tally.json'))).toBe(false);
      await at.replaceWorker();
      const report = await handle.result();
      expect(report).toMatchObject({ verdict: 'complete', rows: { answered: rows } });
      await expectTold(at, follower);
    }),
  limitMs,
);
