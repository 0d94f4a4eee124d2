// What commands say of jobs that ended, and after a change.

import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { whichCommand } from '../../../scripts/tools/command.ts';
import { Cell, until } from '../crash/cell.ts';
import { realServer } from '../server.ts';
import { commandCells, instant, written } from './command-cell.ts';
import { commandsAt, parseLines, terminalAt } from './commands.ts';

const server = realServer();

const cell = commandCells(server);

test(
  'the status of a job that ended says how, in words and by its exit code',
  () =>
    cell('ended', async (at, nightshift) => {
      const job = at.openaiJob(120);
      expect((await nightshift(['run', written(at, 'whole.json', job), '--json'])).code).toBe(0);
      const whole = await nightshift(['status', 'whole']);
      expect(whole.code).toBe(0);
      expect(parseLines(whole)).toMatchObject([
        {
          id: 'whole',
          state: 'completed',
          phase: 'done',
          verdict: 'complete',
          error: null,
          silence: null,
          provider: 'openai',
          model: 'gpt-5.4-mini',
          startedAt: instant,
          endedAt: instant,
          nextLookAt: null,
          items: { answered: 120, underWay: 0, notStarted: 0, failed: 0 },
          webUi: expect.stringContaining('/workflows/whole/'),
        },
      ]);

      // `run` would not start it.
      await expect((await at.start({ ...job, provider: 'nobody' }, 'refused')).result()).rejects.toThrow();
      const refused = await nightshift(['status', 'refused']);
      expect(refused.code).toBe(4);
      expect(parseLines(refused)).toMatchObject([
        { state: 'failed', phase: null, error: expect.stringContaining('unknown provider') },
      ]);
      const failed = parseLines(await nightshift(['list', '--failed', '--all']));
      expect(failed.map(({ id }) => id)).toEqual(['refused']);
      expect(parseLines(await nightshift(['list', '--failed', '--since', '2100-01-01']))).toEqual([]);
      expect((await nightshift(['list', '--since', 'soon'])).code).toBe(2);
    }),
  120_000,
);

test(
  'the status of a job that was ended early tells what was sent, and offers nothing that is to come',
  () =>
    cell('early', async (at, nightshift) => {
      await at.control.setOptions({ runMs: 60_000 });
      const job = at.openaiJob(120);
      const slow = written(at, 'slow.json', { ...job, batch: { maxItems: 60, concurrency: 1 } });
      await nightshift(['run', slow, '--id', 'ended-early', '--detach']);
      const isRunning = async (): Promise<boolean> => (await at.control.counts()).batchesCreated === 1;
      await until('its batch is created', isRunning);
      const running = parseLines(await nightshift(['status', 'ended-early']));
      expect(running).toMatchObject([
        {
          state: 'running',
          items: { underWay: 60, notStarted: 60 },
          concurrency: 1,
          startedAt: instant,
          endedAt: null,
        },
      ]);
      const waiting = parseLines(await nightshift(['batches', 'ended-early', '--stage', 'waiting']));
      expect(waiting).toMatchObject([{ batch: 2, stage: 'not_started', since: instant, createdAt: null }]);
      await at.client.workflow.getHandle('ended-early').terminate('by a test');
      const terminated = await nightshift(['status', 'ended-early', '--table']);
      expect(terminated).toMatchObject({ code: 4, err: expect.stringContaining('"resumeFrom": "runs/ended-early/"') });
      expect(stripVTControlCharacters(terminated.out)).toMatch(/state +terminated\nerror +by a test\n/);
      expect(terminated.out).not.toContain('next poll');
      expect(stripVTControlCharacters(terminated.out)).toMatch(/rows +last known: 0 answered, 60 in progress/);
      const batches = await nightshift(['batches', 'ended-early']);
      expect(batches.err).toContain('ended-early is terminated: its batches as they were last known');
      expect(await nightshift(['watch', 'ended-early'])).toMatchObject({
        code: 4,
        err: expect.stringMatching(/^ended-early was terminated: by a test\nwhat to do next: .*status ended-early`\n$/),
      });

      await nightshift(['run', slow, '--id', 'cancelled', '--detach']);
      expect(await nightshift(['cancel', 'cancelled', '--json'])).toMatchObject({
        code: 0,
        out: '{"id":"cancelled","cancelling":"yes"}\n',
      });
      expect(await nightshift(['watch', 'cancelled'])).toMatchObject({ code: 5 });
      const cancelled = await nightshift(['status', 'cancelled']);
      expect(cancelled.code).toBe(5);
      expect(parseLines(cancelled)).toMatchObject([{ state: 'cancelled', estimatedEndAt: null, endedAt: instant }]);
      const again = await nightshift(['cancel', 'cancelled']);
      expect(again).toMatchObject({
        code: 1,
        err: expect.stringContaining('cancelled was cancelled and cannot be changed'),
      });

      const failed = parseLines(await nightshift(['list', '--failed', '--all']));
      expect(failed.map(({ id }) => id)).toContain('ended-early');
      expect((await nightshift(['complete', 'jobs'])).out.split('\n')).toContain('ended-early');
    }),
  240_000,
);

test(
  'a call that the provider fails again and again is told, with the time since when',
  () =>
    cell('faulty', async (at, nightshift) => {
      const overloaded = { status: 503, body: '{"error":{"message":"no"}}' };
      await at.control.setOptions({ calls: { 'openai.files.create': overloaded } });
      await at.start(at.openaiJob(60));
      const told = async (): Promise<boolean> => {
        const [status] = parseLines(await nightshift(['status', 'faulty']));
        return status?.failingCall !== null && status?.failingCall !== undefined;
      };
      await until('the fault is told', told, 60_000);
      expect(parseLines(await nightshift(['status', 'faulty']))).toMatchObject([
        { failingCall: { fault: expect.stringContaining('overloaded'), since: instant } },
      ]);
      await at.client.workflow.getHandle('faulty').terminate();
    }),
  120_000,
);

test(
  'the next poll is never past, and while a download takes long, its bytes are shown instead',
  () =>
    Cell.with(server, 'large', { workerEnv: { NIGHTSHIFT_HEARTBEAT: '6s' } }, async (at) => {
      const nightshift = commandsAt({ env: at.env });
      const status = async () => parseLines(await nightshift(['status', 'large']))[0] ?? {};
      await at.control.barrier({ name: 'half', route: 'anthropic.batches.results', when: 'body', afterBytes: 20_000 });
      await at.control.setOptions({ runMs: 6000 });
      // This provider counts nothing before the end, so its polls bring no news.
      const handle = await at.start(at.anthropicJob(100));
      const polls = async (): Promise<number> =>
        (await at.control.counts()).requests['anthropic.batches.retrieve'] ?? 0;
      await until('some polls', async () => (await polls()) >= 4);
      const askedAt = Date.now();
      const waiting = await status();
      expect(waiting).toMatchObject({ nextLookAt: instant, collecting: [] });
      expect(Date.parse(String(waiting.nextLookAt))).toBeGreaterThan(askedAt);

      await at.control.waitHit('half', 60_000);
      const found = { wave: 1, batch: 1, step: 'download', since: instant, attempts: 1, bytes: 20_000 };
      let collecting = await status();
      const isShown = async (): Promise<boolean> => {
        collecting = await status();
        return JSON.stringify(collecting.collecting).includes('20000');
      };
      await until('the bytes are shown', isShown, 20_000);
      expect(collecting).toMatchObject({ nextLookAt: null, collecting: [found] });
      const shown = stripVTControlCharacters((await nightshift(['status', 'large', '--table'])).out);
      expect(shown).toMatch(/collecting +wave 1, batch 1: downloads, 20 kB so far in \d+s\n/);
      expect(shown).not.toContain('next poll');
      await at.control.release('half');
      await at.expectComplete(await handle.result(), 100, 1);
      expect(await status()).toMatchObject({ state: 'completed', collecting: [], nextLookAt: null });
    }),
  120_000,
);

test(
  'a change is answered with what is true now, and the list shows how far running jobs are',
  () =>
    cell('changed', async (at, nightshift) => {
      // On a loaded machine a command takes seconds.
      await at.control.setOptions({ runMs: 10_000 });
      const job = { ...at.openaiJob(180), batch: { maxItems: 60, concurrency: 1 } };
      await nightshift(['run', written(at, 'changed.json', job), '--detach']);
      await until('a third of it is done', async () => (await at.control.counts()).batchesCreated === 2);
      await nightshift(['pause', 'changed']);
      const set = await nightshift([
        'set',
        'changed',
        '--budget',
        '5',
        '--concurrency',
        '3',
        '--batch-deadline',
        '15m',
      ]);
      expect(set.err).toBe(
        'changed now has a budget of $5.00; 3 batches at the same time; 15m for a batch, no deadline for the job, then fallback\n',
      );
      expect(parseLines(set)).toMatchObject([{ budgetUsd: 5, concurrency: 3, startedAt: instant }]);
      const retry = await nightshift(['retry', 'changed', '--reason', 'truncated']);
      expect(retry.err).toContain('changed makes one more round after this wave: nothing has failed');
      const [listed] = parseLines(await nightshift(['list', '--active'])).filter(({ id }) => id === 'changed');
      expect(listed?.progress).toBeGreaterThanOrEqual(0.3);
      expect((await nightshift(['resume', 'changed'])).err).toContain('changed is not paused');
      expect((await nightshift(['watch', 'changed', '--json'])).out).toContain(
        '"results":"runs/changed/results.jsonl"',
      );
      const [first = '', ...rows] = (await nightshift(['results', 'changed', '--table'])).out.trimEnd().split('\n');
      expect(first).toMatch(/^row +id +status +output/);
      expect(rows).toHaveLength(180);
    }),
  120_000,
);

test.runIf(whichCommand('script'))(
  'tables fit a terminal of 80 columns, and JSON is there for the asking',
  () =>
    cell('narrow', async (at) => {
      const nightshift = terminalAt({ env: at.env, columns: 80 });
      await nightshift(['run', written(at, 'narrow.json', at.openaiJob(120))]);
      for (const args of [
        ['list'],
        ['status', 'narrow'],
        ['batches', 'narrow'],
        ['report', 'narrow'],
        ['schedule', 'list'],
      ]) {
        const { out } = await nightshift(args);
        const lines = stripVTControlCharacters(out).split(/\r?\n/);
        // A path or an address is not broken.
        const wide = lines.filter((line) => line.length > 80 && line.trim().split(/ {2,}/).at(-1)?.includes(' '));
        expect({ args, wide }).toEqual({ args, wide: [] });
      }
      expect(JSON.parse((await nightshift(['status', 'narrow', '--json'])).out)).toMatchObject({ id: 'narrow' });
    }),
  120_000,
);
