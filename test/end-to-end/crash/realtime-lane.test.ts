// SIGKILL of a worker in the realtime lane: the next one keeps to the limits and the money, counting what the dead one has used.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { realServer } from '../server.ts';
import { Cell, until } from './cell.ts';

const server = realServer();
const limitMs = 150_000;

const countCalls = async (at: Cell): Promise<number> => (await at.control.counts()).requests['openai.chat'] ?? 0;

/** Calls that one attempt noted in its journal. */
function countSent(at: Cell, attempt: number): number {
  const journal = join(at.root, `runs/${at.name}/answers/wave-1/batch-0001.journal-${attempt}.raw`);
  return readFileSync(journal, 'utf8').split('"sent"').length - 1;
}

test.concurrent(
  'no minute has more calls than `realtime.rpm` allows, over the death of a worker',
  () =>
    Cell.with(server, 'lane-rpm', { emulator: { sync: { rpm: 60 } } }, async (at) => {
      const handle = await at.start({ ...at.openaiJob(80), mode: 'realtime', realtime: { rpm: 60 } });
      await until('some calls', async () => (await countCalls(at)) >= 30);
      await at.replaceWorker();
      const report = await handle.result();
      expect(report).toMatchObject({ verdict: 'complete', rows: { answered: 80 }, attempts: { 1: 80 } });
      const [rate] = (await at.control.counts()).rates;
      expect(rate?.refused).toBe(0);
      expect(rate?.peak).toBeLessThanOrEqual(60);
      // The second worker uses what the first has left over.
      expect(rate?.minutes[0]?.passed).toBeGreaterThanOrEqual(55);
    }),
  limitMs,
);

test.concurrent(
  'the budget holds over the death of a worker, with what was in flight',
  () =>
    Cell.with(server, 'lane-money', { emulator: { latencyMs: 50 } }, async (at) => {
      const usd = 0.003;
      const job = { ...at.openaiJob(200), mode: 'realtime', realtime: { concurrency: 4 }, budget: { usd } };
      const handle = await at.start(job);
      await until('some calls', async () => (await countCalls(at)) >= 20);
      await at.replaceWorker();
      const report = await handle.result();
      const { answered, failed } = report.rows;
      expect(report).toMatchObject({ verdict: 'partial', errorsByReason: { budget: failed } });
      const { sync } = await at.control.counts();
      // Answers that were paid twice cost about as much as the others.
      expect((report.cost.usd / answered) * sync.billed).toBeLessThanOrEqual(1.02 * usd);
      expect(report.cost.usd).toBeLessThanOrEqual(usd);
      expect(report.cost.usd).toBeGreaterThan(0.7 * usd);
    }),
  limitMs,
);

test.concurrent(
  'an attempt that was suspended and wakes makes no further call: another one has taken the lane over',
  () =>
    Cell.with(server, 'lane-stop', { emulator: { latencyMs: 50 } }, async (at) => {
      const job = { ...at.openaiJob(2000), mode: 'realtime', realtime: { concurrency: 4 }, batch: { maxItems: 2000 } };
      const handle = await at.start(job);
      await until('some calls', async () => (await countCalls(at)) >= 20);
      const suspended = at.worker;
      process.kill(suspended.pid, 'SIGSTOP');
      const sentBefore = countSent(at, 1);
      await at.startWorker();
      const before = await countCalls(at);
      // The server first gives the activity to the suspended worker's own polls, one after the other.
      await until('the other worker calls', async () => (await countCalls(at)) > before + 10, 120_000);
      process.kill(suspended.pid, 'SIGCONT');
      const report = await handle.result();
      expect(report).toMatchObject({ verdict: 'complete', rows: { answered: 2000 } });
      expect(sentBefore).toBeGreaterThan(10);
      // One may begin before the attempt sees that it stood still.
      expect(countSent(at, 1)).toBeLessThanOrEqual(sentBefore + 1);
    }),
  2 * limitMs,
);
