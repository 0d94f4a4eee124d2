// The crash matrix, workers: killed or stopped at every stage, another one continues, and nothing is lost or billed twice.

import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { realServer } from '../server.ts';
import { Cell, type CellOptions, until } from './cell.ts';

const server = realServer();

const cell = (name: string, options: CellOptions, use: (cell: Cell) => Promise<void>): Promise<void> =>
  Cell.with(server, name, options, use);

const files = (cell: Cell, folder: string): string[] => (cell.has(folder) ? readdirSync(cell.path(folder)) : []);

const limitMs = 150_000;

test.concurrent.each([
  ['the search before the create', 'openai.batches.list'],
  ['the create', 'openai.batches.create'],
] as const)(
  'SIGSTOP of a worker in %s and SIGCONT after another one took over',
  (_, route) =>
    cell(`stopped-${route.split('.').at(-1)}`, {}, async (at) => {
      await at.control.barrier({ name: 'stop', route, when: 'after' });
      const handle = await at.start(at.openaiJob(100));
      await at.control.waitHit('stop');
      const stopped = at.worker;
      process.kill(stopped.pid, 'SIGSTOP');
      await at.startWorker();
      await at.control.release('stop');
      // The other worker has the batch now. Whatever the stopped one does when it continues must do no harm.
      await until(
        'a second attempt made or adopted the batch',
        () => at.has('plan/wave-1/batch-0001.handle.json'),
        100_000,
      );
      process.kill(stopped.pid, 'SIGCONT');
      await at.expectComplete(await handle.result(), 100, 1);
    }),
  limitMs,
);

test.concurrent(
  'SIGKILL of the worker while planning',
  () =>
    cell('planning', {}, async (at) => {
      const rows = 60_000;
      const handle = await at.start({ ...at.openaiJob(rows), batch: { maxItems: 10_000 } });
      const planFiles = (): string[] => files(at, 'plan/wave-1');
      await until('two planned batches', () => planFiles().filter((name) => name.endsWith('.items.jsonl')).length >= 2);
      await at.worker.kill();
      expect(planFiles()).not.toContain('manifest.jsonl');
      await at.startWorker();
      await at.expectComplete(await handle.result(), rows, 6);
    }),
  limitMs,
);

test.concurrent.each(['openai', 'anthropic'] as const)(
  'SIGKILL of the worker after the upload, before the create of %s is taken',
  (provider) =>
    cell(`staged-${provider}`, {}, async (at) => {
      await at.control.barrier({ name: 'create', route: `${provider}.batches.create`, when: 'before', nth: 2 });
      const handle = await at.start(provider === 'openai' ? at.openaiJob(300) : at.anthropicJob(297));
      await at.control.waitHit('create');
      await at.replaceWorker();
      await at.expectComplete(await handle.result(), provider === 'openai' ? 300 : 297, 3);
      expect((await at.control.barrierState('create')).clientGone).toBe(true);
    }),
  limitMs,
);

test.concurrent.each(['openai', 'anthropic'] as const)(
  'SIGKILL of the worker after %s took a create, before its reply',
  (provider) =>
    cell(`unanswered-${provider}`, {}, async (at) => {
      await at.control.barrier({ name: 'create', route: `${provider}.batches.create`, when: 'after', nth: 2 });
      const handle = await at.start(provider === 'openai' ? at.openaiJob(300) : at.anthropicJob(297));
      await at.control.waitHit('create');
      await at.replaceWorker();
      await at.expectComplete(await handle.result(), provider === 'openai' ? 300 : 297, 3);
    }),
  limitMs,
);

test.concurrent.each(['openai', 'anthropic'] as const)(
  'SIGKILL of the worker after the reply of %s, before it is recorded',
  (provider) =>
    cell(`unrecorded-${provider}`, {}, async (at) => {
      await at.control.barrier({ name: 'create', route: `${provider}.batches.create`, when: 'after', nth: 2 });
      const handle = await at.start(provider === 'openai' ? at.openaiJob(300) : at.anthropicJob(297));
      await at.control.waitHit('create');
      // Stopped, it cannot record the reply that now reaches its socket.
      process.kill(at.worker.pid, 'SIGSTOP');
      expect((await at.control.release('create')).released).toBe(true);
      await at.replaceWorker();
      await at.expectComplete(await handle.result(), provider === 'openai' ? 300 : 297, 3);
    }),
  limitMs,
);

test.concurrent(
  'SIGKILL of the worker while polling',
  () =>
    cell('polling', {}, async (at) => {
      await at.control.barrier({ name: 'poll', route: 'openai.batches.retrieve', when: 'after', nth: 2 });
      const handle = await at.start(at.openaiJob(300));
      await at.control.waitHit('poll');
      await at.replaceWorker();
      await at.expectComplete(await handle.result(), 300, 3);
    }),
  limitMs,
);

test.concurrent.each([
  ['openai', 'openai.files.content'],
  ['anthropic', 'anthropic.batches.results'],
] as const)(
  'SIGKILL of the worker half-way through a download from %s',
  (provider, route) =>
    cell(`download-${provider}`, {}, async (at) => {
      await at.control.barrier({ name: 'half', route, when: 'body', afterBytes: 20_000 });
      const handle = await at.start(provider === 'openai' ? at.openaiJob(300) : at.anthropicJob(297));
      await at.control.waitHit('half');
      await at.replaceWorker();
      await at.expectComplete(await handle.result(), provider === 'openai' ? 300 : 297, 3);
    }),
  limitMs,
);

test.concurrent(
  'SIGKILL of the worker in a realtime chunk: only the calls in flight are paid again, and they are counted',
  () =>
    cell('chunk', {}, async (at) => {
      const concurrency = 4;
      await at.control.barrier({ name: 'call', route: 'openai.chat', when: 'after', nth: 30 });
      const handle = await at.start({ ...at.openaiJob(80), mode: 'realtime', realtime: { concurrency } });
      await at.control.waitHit('call');
      await at.replaceWorker();
      const report = await handle.result();
      expect(report).toMatchObject({ verdict: 'complete', rows: { answered: 80 } });
      expect(at.results()).toHaveLength(80);
      const { sync } = await at.control.counts();
      expect(sync.billedTwice.byBody.length).toBeGreaterThanOrEqual(1);
      expect(sync.billedTwice.byBody.length).toBeLessThanOrEqual(concurrency);
      expect(report.anomalies.inDoubtCalls).toBeGreaterThanOrEqual(sync.billedTwice.byBody.length);
      expect(report.anomalies.inDoubtCalls).toBeLessThanOrEqual(concurrency);
    }),
  limitMs,
);

test.concurrent(
  'SIGKILL of the worker while merging',
  () =>
    cell('merging', {}, async (at) => {
      const rows = 60_000;
      const handle = await at.start({ ...at.openaiJob(rows), batch: { maxItems: 20_000 } });
      const unfinished = (): boolean => files(at, '').some((name) => name.startsWith('.unfinished-'));
      await until(
        'all batches counted',
        () => files(at, 'answers/wave-1').filter((name) => name.endsWith('.tally.json')).length === 3,
        60_000,
      );
      await until('results being written', unfinished);
      await at.worker.kill();
      expect(at.has('results.jsonl')).toBe(false);
      await at.startWorker();
      await at.expectComplete(await handle.result(), rows, 3);
      expect(files(at, '').some((name) => name.startsWith('.unfinished-'))).toBe(false);
    }),
  limitMs,
);
