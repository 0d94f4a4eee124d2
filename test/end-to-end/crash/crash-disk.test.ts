// The crash matrix, a worker's disk: the worker dies between two effects on it, another one continues, and nothing is lost or billed twice.

import { expect, test } from 'vitest';
import { realServer } from '../server.ts';
import { Cell, type CellOptions, dieAt, until } from './cell.ts';

const server = realServer();

const cell = (name: string, options: CellOptions, use: (cell: Cell) => Promise<void>): Promise<void> =>
  Cell.with(server, name, { ...options, workerEnv: { NIGHTSHIFT_SETTLE: '200ms', ...options.workerEnv } }, use);

const limitMs = 300_000;
const rows = 100;

const death = (at: Cell): Promise<void> => until('the worker dies', () => !at.worker.running, 150_000);

const points = [
  ['its intent is recorded, before it is created', 'write .intent.json'],
  ['its provider batch is marked as its own, before its handle is recorded', 'write .owner.json'],
  ['its handle is recorded, before its intent is removed', 'write .handle.json'],
  ['its intent is removed', 'remove .intent.json'],
  ['its end is recorded', 'write .ended.json'],
  ['its output is stored, before what was read is recorded', 'write .raw'],
  ['what was read of it is recorded', 'write .ended.json 2'],
  ['its answers are written, before its tally', 'write batch-0001.jsonl'],
  ['its tally is written', 'write .tally.json'],
] as const;

/** After the create, the vendors differ in nothing that the disk holds. */
const cases = [
  ...points.map(([what, point]) => ({ provider: 'openai' as const, what, point })),
  ...points.slice(0, 3).map(([what, point]) => ({ provider: 'anthropic' as const, what, point })),
];

test.concurrent.each(cases)(
  'a worker dies with a batch of $provider after $what',
  ({ provider, point }) =>
    cell(`${provider}-${point.replaceAll(/[ .]+/g, '-')}`, { workers: 0 }, async (at) => {
      await at.startWorker(dieAt(point));
      const handle = await at.start(provider === 'openai' ? at.openaiJob(rows) : at.anthropicJob(rows));
      await death(at);
      await at.startWorker();
      const report = await handle.result();
      await at.expectComplete(report, report.rows.accepted, null);
      const { batchesCreated } = await at.control.counts();
      expect(batchesCreated).toBe(report.batches.count);
    }),
  limitMs,
);

test.concurrent(
  'a worker dies while a batch that was started again reads what is known of it',
  () =>
    cell('recover', {}, async (at) => {
      await at.control.barrier({ name: 'download', route: 'openai.files.content', when: 'before' });
      const handle = await at.start(at.openaiJob(rows));
      await at.control.waitHit('download');
      expect(at.has('plan/wave-1/batch-0001.ended.json')).toBe(true);
      await at.worker.kill();
      await at.client.workflow.getHandle('recover/wave-1/batch-0001').terminate('crash matrix');
      await at.startWorker(dieAt('read .ended.json'));
      await death(at);
      await at.startWorker();
      await at.expectComplete(await handle.result(), rows, 1);
    }),
  limitMs,
);

test.concurrent(
  'a worker dies while it searches for the batch of a lost create',
  () =>
    cell('find', { emulator: { runMs: 3000 } }, async (at) => {
      await at.control.setOptions({ loseReply: { route: 'openai.batches.create', how: 'reset' } });
      await at.control.barrier({ name: 'find', route: 'openai.batches.list', when: 'after', nth: 2 });
      const handle = await at.start(at.openaiJob(rows));
      await at.control.waitHit('find');
      expect(at.has('plan/wave-1/batch-0001.intent.json')).toBe(true);
      await at.replaceWorker();
      await at.expectComplete(await handle.result(), rows, 1);
    }),
  limitMs,
);

test.concurrent.each(['the worker dies', 'the batch is terminated'] as const)(
  '%s between the two readings of an output that lacks items: they are still proven lost before they are sent again',
  (what) =>
    cell(`readings-${what.includes('worker') ? 'worker' : 'batch'}`, {}, async (at) => {
      await at.control.setOptions({ itemErrors: { dropped: 0.1, failTimes: 1 } });
      await at.control.barrier({ name: 'second', route: 'openai.files.content', when: 'before', nth: 2 });
      const handle = await at.start({ ...at.openaiJob(rows), minBatchItems: 1 });
      await at.control.waitHit('second');
      if (what === 'the batch is terminated') {
        await at.client.workflow.getHandle(`${at.name}/wave-1/batch-0001`).terminate('crash matrix');
      }
      await at.replaceWorker();
      const report = await handle.result();
      expect(report).toMatchObject({ verdict: 'complete', rows: { answered: rows } });
      const { billedTwice, billedWithoutLine } = await at.control.counts();
      expect(billedWithoutLine).toBeGreaterThan(0);
      expect(billedTwice.byBody).toHaveLength(billedWithoutLine);
      expect(report.anomalies.paidWithoutAnswer).toBe(billedWithoutLine);
    }),
  limitMs,
);
