// What commands say of a job whose worker is gone, and how soon.

import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { spawnGuarded } from '../../../scripts/tools/guard.ts';
import { type Cell, until } from '../crash/cell.ts';
import { realServer } from '../server.ts';
import { commandCells, instant, written } from './command-cell.ts';
import { type Nightshift, parseLines, type Said } from './commands.ts';

const server = realServer();

const cell = commandCells(server);

/** Without the time that a process takes to start, which is long on a busy machine. */
async function timed(nightshift: Nightshift, args: readonly string[]): Promise<Said & { readonly ms: number }> {
  const began = performance.now();
  await nightshift(['--version']);
  const started = performance.now();
  const said = await nightshift(args);
  return { ...said, ms: performance.now() - started - (started - began) };
}

/** The first line that a command says to a person, without the progress of a job. It is then ended by Ctrl-C. */
async function firstWords(at: Cell, args: readonly string[]): Promise<string> {
  const child = spawnGuarded(process.execPath, ['client/cli/main.ts', ...args], { env: { ...process.env, ...at.env } });
  child.stdout.resume();
  try {
    for await (const line of createInterface({ input: child.stderr })) if (!/batches \d+ of/.test(line)) return line;
    return 'nothing';
  } finally {
    child.kill('SIGINT');
    child.stderr.resume();
    await once(child, 'close');
  }
}

test(
  'a job whose worker was killed is shown as Temporal knows it, within seconds, by every command that shows something',
  () =>
    cell('killed', async (at, nightshift) => {
      await at.control.setOptions({ runMs: 600_000 });
      await at.start({ ...at.openaiJob(120), batch: { maxItems: 60 } });
      await until('its batches are created', async () => (await at.control.counts()).batchesCreated === 2);
      await at.worker.kill();
      const status = await timed(nightshift, ['status', 'killed']);
      expect(status).toMatchObject({ code: 0, err: '' });
      expect(status.ms).toBeLessThan(10_000);
      expect(parseLines(status)).toMatchObject([
        { id: 'killed', state: 'running', startedAt: instant, silence: expect.stringContaining('task queue killed') },
      ]);
      const batches = await timed(nightshift, ['batches', 'killed']);
      expect(batches).toMatchObject({ code: 1, err: expect.stringContaining('on task queue killed') });
      expect(batches.ms).toBeLessThan(10_000);
      expect(parseLines(batches)).toMatchObject([{ wave: 1, batch: 1 }, { batch: 2 }]);
      const doctor = await timed(nightshift, ['doctor']);
      expect(doctor).toMatchObject({ code: 1, err: '' });
      expect(doctor.ms).toBeLessThan(10_000);
      expect(parseLines(doctor).at(-1)).toMatchObject({ what: 'worker', state: 'bad', fix: 'npm run worker' });
      const other = written(at, 'other.json', at.openaiJob(3));
      for (const args of [
        ['watch', 'killed'],
        ['validate', other],
        ['run', other],
      ]) {
        expect(await firstWords(at, args)).toMatch(
          /^no worker answers on task queue killed: .+ polled it last, \d+ s ago: npm/,
        );
      }
      await at.client.workflow.getHandle('killed').terminate();
    }),
  240_000,
);

test(
  'a job whose workflow task fails is not taken for one without a worker: the failure is shown, and what to do',
  () =>
    cell('stalled', async (at, nightshift) => {
      // A batch without its input throws in the first task.
      await at.client.workflow.start('processBatch', { workflowId: 'stalled', taskQueue: 'stalled', args: [] });
      const why = /^the workflow task of stalled fails and is retried: \S/;
      const isShown = async () => why.test(String(parseLines(await nightshift(['status', 'stalled']))[0]?.silence));
      await until('its task has failed', isShown, 120_000);
      const { out } = await nightshift(['status', 'stalled', '--table']);
      expect(out).toContain('replace its workers');
      expect(out).not.toContain('npm run');
      expect(await nightshift(['batches', 'stalled'])).toMatchObject({ code: 1, err: expect.stringMatching(why) });
      for (const args of [
        ['watch', 'stalled'],
        ['pause', 'stalled'],
      ]) {
        expect(await firstWords(at, args)).toMatch(why);
      }
      await at.client.workflow.getHandle('stalled').terminate();
    }),
  240_000,
);

test(
  'without any worker on the task queue, the answer comes immediately and names the queue',
  () =>
    cell('alone', async (at, nightshift) => {
      const options = { workflowId: 'alone', taskQueue: 'nobody-polls', args: [at.openaiJob(3)] };
      await at.client.workflow.start('processDataset', options);
      const status = await timed(nightshift, ['status', 'alone']);
      expect(status.ms).toBeLessThan(5_000);
      expect(parseLines(status)).toMatchObject([{ silence: 'no worker polls task queue nobody-polls' }]);
      const batches = await nightshift(['batches', 'alone']);
      expect(batches.err).toContain('nobody-polls: NIGHTSHIFT_TASK_QUEUE=nobody-polls npm run worker');
      await at.client.workflow.getHandle('alone').terminate();
    }),
  120_000,
);
