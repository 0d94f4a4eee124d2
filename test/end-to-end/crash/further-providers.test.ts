// The crash matrix of two further providers, whose creates and ends differ most from OpenAI's: the rows of a create and of a release.

import { expect, test } from 'vitest';
import { expire } from '../../../simulation/script/write-events.ts';
import { realServer } from '../server.ts';
import { Cell, type CellOptions, dieAt, until } from './cell.ts';

const server = realServer();
const rows = 300;
const limitMs = 150_000;

const jobs = {
  gemini: (at: Cell) => at.geminiJob(rows),
  bedrock: (at: Cell) => ({ ...at.geminiJob(rows), provider: 'bedrock', model: 'amazon.nova-lite-v1:0' }),
};
const vendors = ['gemini', 'bedrock'] as const;
type Vendor = (typeof vendors)[number];

const cell = (name: string, vendor: Vendor, use: (at: Cell) => Promise<void>, options: CellOptions = {}) =>
  Cell.with(server, `${name}-${vendor}`, { providers: [vendor], ...options }, use);

test.concurrent.each(vendors)(
  'SIGKILL of the worker before the create of %s is taken',
  (vendor) =>
    cell('staged', vendor, async (at) => {
      await at.control.barrier({ name: 'create', route: `${vendor}.batches.create`, when: 'before', nth: 2 });
      const handle = await at.start(jobs[vendor](at));
      await at.control.waitHit('create');
      await at.replaceWorker();
      await at.expectComplete(await handle.result(), rows, 3);
      expect((await at.control.barrierState('create')).clientGone).toBe(true);
    }),
  limitMs,
);

test.concurrent.each(vendors)(
  'SIGKILL of the worker after %s took a create, before its reply',
  (vendor) =>
    cell('unanswered', vendor, async (at) => {
      await at.control.barrier({ name: 'create', route: `${vendor}.batches.create`, when: 'after', nth: 2 });
      const handle = await at.start(jobs[vendor](at));
      await at.control.waitHit('create');
      await at.replaceWorker();
      await at.expectComplete(await handle.result(), rows, 3);
    }),
  limitMs,
);

test.concurrent.each(vendors)(
  'SIGKILL of the worker after the reply of %s, before it is recorded',
  (vendor) =>
    cell('unrecorded', vendor, async (at) => {
      await at.control.barrier({ name: 'create', route: `${vendor}.batches.create`, when: 'after', nth: 2 });
      const handle = await at.start(jobs[vendor](at));
      await at.control.waitHit('create');
      // Stopped, it cannot record the reply that now reaches its socket.
      process.kill(at.worker.pid, 'SIGSTOP');
      expect((await at.control.release('create')).released).toBe(true);
      await at.replaceWorker();
      await at.expectComplete(await handle.result(), rows, 3);
    }),
  limitMs,
);

test.concurrent.each(vendors)(
  'a worker dies when the end of a batch of %s that expired is recorded: what did not run is sent again, and nothing else',
  (vendor) =>
    cell(
      'released',
      vendor,
      async (at) => {
        await at.startWorker(dieAt('write .ended.json'));
        const handle = await at.start(jobs[vendor](at));
        await until('the worker dies', () => !at.worker.running, limitMs);
        await at.startWorker();
        await at.expectComplete(await handle.result(), rows, null);
        expect(at.results().some(({ attempts }) => attempts > 1)).toBe(true);
      },
      { workers: 0, emulator: { batch: { ...expire(vendor, 0.5), first: 1 } } },
    ),
  limitMs,
);
