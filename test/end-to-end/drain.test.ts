// A worker as an orchestrator sees it: it reports its health, its metrics can be scraped, and on SIGTERM it finishes or hands back its
// activities and exits with 0, while the job continues on another worker.

import { describe, expect, test } from 'vitest';
import { freePort } from '../../scripts/tools/free-port.ts';
import { Cell, type CellOptions, until } from './crash/cell.ts';
import { realServer } from './server.ts';

const server = realServer();

const cell = (name: string, options: CellOptions, use: (cell: Cell) => Promise<void>): Promise<void> =>
  Cell.with(server, name, options, use);

const limitMs = 120_000;

/** A running worker with a port for its health and one for its metrics. */
async function openWorker(at: Cell): Promise<{ health(): Promise<{ state: string } | null>; metrics: string }> {
  const [health, metrics] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  await at.startWorker({ NIGHTSHIFT_HEALTH: health, NIGHTSHIFT_METRICS: metrics, NIGHTSHIFT_DRAIN: '3s' });
  return {
    health: async () => {
      const reply = await fetch(`http://${health}/healthz`).catch(() => null);
      return reply === null ? null : (JSON.parse(await reply.text()) as { state: string });
    },
    metrics: `http://${metrics}/metrics`,
  };
}

describe.concurrent('a worker in an orchestrator', () => {
  test(
    'is healthy while it works, and gives out metrics in seconds, with bounded labels',
    () =>
      cell('scraped', { workers: 0 }, async (at) => {
        const { health, metrics } = await openWorker(at);
        await until('healthy', async () => (await health())?.state === 'RUNNING');
        await at.expectComplete(await (await at.start(at.openaiJob(100))).result(), 100, 1);
        const text = await (await fetch(metrics)).text();
        expect(text).toMatch(/^temporal_activity_execution_latency_seconds_bucket\{.*activity_type="look".*\} \d+$/m);
        expect(text).toMatch(/^temporal_activity_execution_latency_seconds_bucket\{.*le="3600"\} \d+$/m);
        expect(text).toMatch(/^temporal_request_total\{/m);
        const labels = new Set([...text.matchAll(/[{,](\w+)="/g)].map((match) => match[1] ?? ''));
        expect([...labels].filter((label) => /workflow_id|run_id|activity_id|identity|row/.test(label))).toEqual([]);
      }),
    limitMs,
  );

  test(
    'SIGTERM in mid-download: the activity is handed back, the worker exits with 0, another one continues',
    () =>
      cell('drained', { workers: 0 }, async (at) => {
        const { health } = await openWorker(at);
        await at.control.barrier({ name: 'half', route: 'openai.files.content', when: 'body', afterBytes: 20_000 });
        const handle = await at.start(at.openaiJob(300));
        await at.control.waitHit('half');
        const first = at.worker;
        process.kill(first.pid, 'SIGTERM');
        await until('draining', async () => (await health())?.state === 'DRAINING');
        await until('gone', () => !first.running, 20_000);
        expect(first.exitCode).toBe(0);
        expect(await health()).toBeNull();
        await at.startWorker();
        await at.expectComplete(await handle.result(), 300, 3);
      }),
    limitMs,
  );

  test(
    'SIGTERM in mid-create: the create is seen to its end before the worker goes',
    () =>
      cell('created', { workers: 0 }, async (at) => {
        await openWorker(at);
        await at.control.barrier({ name: 'create', route: 'openai.batches.create', when: 'after' });
        const handle = await at.start(at.openaiJob(100));
        await at.control.waitHit('create');
        const first = at.worker;
        process.kill(first.pid, 'SIGTERM');
        await at.control.release('create');
        await until('gone', () => !first.running, 20_000);
        expect(first.exitCode).toBe(0);
        expect(at.has('plan/wave-1/batch-0001.handle.json')).toBe(true);
        await at.startWorker();
        await at.expectComplete(await handle.result(), 100, 1);
      }),
    limitMs,
  );
});
