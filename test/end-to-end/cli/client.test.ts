// The client as a person uses it: a process of its own, its output and its exit codes.

import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { whichCommand } from '../../../scripts/tools/command.ts';
import { spawnGuarded } from '../../../scripts/tools/guard.ts';
import { Cell, until } from '../crash/cell.ts';
import { realServer } from '../server.ts';
import { commandsAt, type Nightshift, parseLines, terminalAt } from './commands.ts';

const server = realServer();

const cell = (name: string, use: (cell: Cell, nightshift: Nightshift) => Promise<void>, workers = 1): Promise<void> =>
  Cell.with(server, name, { workers }, (at) => use(at, commandsAt({ env: at.env })));

const written = (at: Cell, name: string, job: unknown): string => {
  const file = join(at.root, name);
  writeFileSync(file, JSON.stringify(job));
  return file;
};

test(
  'a job is run, inspected, changed, cancelled and reported from the command line',
  () =>
    cell('client', async (at, nightshift) => {
      const file = written(at, 'tickets.json', at.openaiJob(250));
      const run = await nightshift(['run', file]);
      expect(run).toMatchObject({ code: 0, out: 'runs/tickets/results.jsonl\n' });
      expect(run.err).toContain('of 250 rows answered');
      expect(run.err).toMatch(/complete in .*: 250 answered, 0 failed, \$0\.\d{4}, 50% less than in realtime/);

      expect(parseLines(await nightshift(['report', 'tickets']))).toMatchObject([
        { verdict: 'complete', rows: { answered: 250 } },
      ]);
      const batches = parseLines(await nightshift(['batches', 'tickets']));
      expect(batches[0]).toMatchObject({ wave: 1, batch: 1, stage: 'done', items: 100 });
      expect((await nightshift(['batches', 'tickets', '--limit', '2'])).err).toContain('batches tickets --offset 2');
      expect(parseLines(await nightshift(['results', 'tickets']))).toHaveLength(250);
      const copy = join(at.root, 'copy.jsonl');
      await nightshift(['results', 'tickets', '-o', copy]);
      expect(readFileSync(copy, 'utf8')).toBe(readFileSync(at.path('results.jsonl', 'tickets'), 'utf8'));
      expect((await nightshift(['results', 'tickets', '--failed'])).out).toBe('');
      expect(await nightshift(['results', 'tickets', '--in-doubt'])).toMatchObject({ code: 0, out: '' });
      expect(await nightshift(['results', 'tickets', '--in-doubt', '--failed'])).toMatchObject({ code: 2 });

      await at.control.setOptions({ runMs: 60_000 });
      const detached = await nightshift(['run', file, '--id', 'slow', '--detach']);
      expect(detached).toMatchObject({ code: 0, out: 'slow\n' });
      const set = ['set', 'slow', '--budget', '5', '--concurrency', '3', '--batch-deadline', '15m', '--then', 'fail'];
      expect(parseLines(await nightshift(set))).toMatchObject([{ budgetUsd: 5 }]);
      expect((await nightshift(['pause', 'slow', '--note', 'lunch'])).err).toContain('slow is paused: lunch');
      expect(parseLines(await nightshift(['status', 'slow']))).toMatchObject([
        { phase: 'paused', budgetUsd: 5, pause: { reason: 'person', note: 'lunch' } },
      ]);
      expect((await nightshift(['resume', 'slow'])).code).toBe(0);
      expect((await nightshift(['retry', 'slow', '--reason', 'truncated'])).code).toBe(0);
      expect((await nightshift(['results', 'slow'])).err).toContain('slow has not ended');
      expect((await nightshift(['cancel', 'slow'])).code).toBe(0);
      const ended = await nightshift(['watch', 'slow']);
      expect(ended).toMatchObject({ code: 5, out: 'runs/slow/results.jsonl\n' });
      expect(ended.err).toContain('cancelled; what was finished is in its results');
      expect((await nightshift(['resume', 'slow'])).err).toContain('slow was cancelled and cannot be changed');
      expect(parseLines(await nightshift(['report', 'slow']))).toMatchObject([{ cancelled: true }]);

      await at.control.setOptions({ runMs: 500, itemErrors: { rate400: 1, failTimes: 0 } });
      const failing = await nightshift(['run', file, '--id', 'failing']);
      expect(failing).toMatchObject({ code: 3, err: expect.stringContaining('results failing --failed') });
      expect(parseLines(await nightshift(['results', 'failing', '--failed']))).toHaveLength(250);
    }),
  240_000,
);

test(
  'the list has running jobs first, with what they are and what became of the others',
  () =>
    cell('list', async (at, nightshift) => {
      const file = written(at, 'ended.json', at.openaiJob(3));
      expect((await nightshift(['run', file])).code).toBe(0);
      await at.control.setOptions({ runMs: 60_000 });
      const slow = written(at, 'slow.json', { ...at.openaiJob(60), output: 'elsewhere' });
      await nightshift(['run', slow, '--id', 'list-active', '--detach']);
      await until('the list shows the phase', async () =>
        parseLines(await nightshift(['list', '--active'])).some(
          ({ id, phase }) => id === 'list-active' && phase === 'running',
        ),
      );
      const all = parseLines(await nightshift(['list', '--all']));
      const own = all.filter(({ id }) => id === 'ended' || id === 'list-active');
      expect(own).toMatchObject([
        { id: 'list-active', state: 'running', provider: 'openai', model: 'gpt-5.4-mini', verdict: null },
        {
          id: 'ended',
          state: 'completed',
          verdict: 'complete',
          answered: 3,
          failed: 0,
          results: 'runs/ended/results.jsonl',
        },
      ]);
      const one = await nightshift(['list', '--limit', '1']);
      expect(parseLines(one)).toMatchObject([{ state: 'running' }]);
      expect(one.err).toContain('list --all');
      const described = await at.client.workflow.getHandle('list-active').describe();
      expect(await described.staticSummary()).toBe('gpt-5.4-mini at openai: rows.jsonl');
      expect(await described.staticDetails()).toContain('nightshift watch list-active');
      await at.client.workflow.getHandle('list-active').terminate();
    }),
  180_000,
);

test(
  'a job by reference leaves nothing but its path in history, and its file must be below the data root',
  () =>
    cell('reference', async (at, nightshift) => {
      mkdirSync(join(at.root, 'jobs'));
      const file = written(at, 'jobs/tickets.json', { ...at.openaiJob(3), output: 'by-reference' });
      const run = await nightshift(['run', file, '--id', 'by-reference', '--by-reference']);
      expect(run).toMatchObject({ code: 0, out: 'by-reference/results.jsonl\n' });
      const handle = at.client.workflow.getHandle('by-reference');
      const [started] = (await handle.fetchHistory()).events ?? [];
      const payload = started?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data;
      expect(Buffer.from(payload ?? []).toString()).toBe('{"job":"jobs/tickets.json"}');
      expect(await (await handle.describe()).staticSummary()).toBe('the job in jobs/tickets.json');
      const outside = await nightshift(['run', 'examples/tickets.json', '--by-reference']);
      expect(outside).toMatchObject({ code: 1, err: expect.stringContaining('is not below the data root') });
    }),
  120_000,
);

test(
  'a command that waits for a worker says so, and continues when one comes',
  () =>
    cell(
      'nobody',
      async (at, nightshift) => {
        const file = written(at, 'waiting.json', at.openaiJob(3));
        const running = spawnGuarded(process.execPath, ['client/cli/main.ts', 'run', file], {
          env: { ...process.env, ...at.env },
        });
        const said = Promise.all([text(running.stdout), text(running.stderr), once(running, 'close')]);
        await once(running.stderr, 'data');
        const estimate = nightshift(['estimate', file]);
        const status = await nightshift(['status', 'waiting']);
        await new Promise((resolve) => setTimeout(resolve, 6000));
        await at.startWorker();
        const [out, err] = await said;
        expect(out).toBe('runs/waiting/results.jsonl\n');
        expect(err.match(/no worker polls task queue nobody: npm run worker/g)).toHaveLength(1);
        expect(parseLines(status)).toMatchObject([{ state: 'running', silence: 'no worker polls task queue nobody' }]);
        expect((await estimate).err).toContain('no worker polls task queue nobody: npm run worker');
      },
      0,
    ),
  180_000,
);

test(
  'Ctrl-C ends the following and not the job, and says how to continue',
  () =>
    cell('interrupted', async (at) => {
      await at.control.setOptions({ runMs: 60_000 });
      const file = written(at, 'long.json', at.openaiJob(60));
      const running = spawnGuarded(process.execPath, ['client/cli/main.ts', 'run', file], {
        env: { ...process.env, ...at.env },
      });
      running.stdout.resume();
      const err = text(running.stderr);
      await until('the job runs', async () => {
        const status = await at.client.workflow
          .getHandle('long')
          .query<{ phase: string }>('status')
          .catch(() => null);
        return status?.phase === 'running';
      });
      running.kill('SIGINT');
      await once(running, 'close');
      expect(running.exitCode).toBe(130);
      expect(await err).toContain('long continues: watch it with `./nightshift watch long`');
      expect((await at.client.workflow.getHandle('long').describe()).status.name).toBe('RUNNING');
      await at.client.workflow.getHandle('long').terminate();
    }),
  120_000,
);

test.runIf(whichCommand('script'))(
  'a terminal gets bars and tables',
  () =>
    cell('terminal', async (at) => {
      const nightshift = terminalAt({ env: at.env });
      const file = written(at, 'shown.json', at.openaiJob(120));
      const run = await nightshift(['run', file]);
      expect(run.code).toBe(0);
      expect(run.out).toMatch(/rows\s+█{30} 100%\s+120 of 120 answered/);
      expect(run.out).toMatch(/batches .*100%\s+done/);
      expect(run.out).toMatch(/cost .*\$0\.\d{4} of \$0\.\d{4} estimated/);
      expect((await nightshift(['status', 'shown'])).out).toMatch(/rows\S*\s+120 answered, 0 in progress, 0 failed/);
      const list = (await nightshift(['list'])).out;
      expect(list).toMatch(/id\S*\s+\S*state/);
      expect(list).toMatch(/shown\s+complete\s+120\s+0\s+\$0\.\d{4}\s.*gpt-5\.4-mini\s+openai/);
      expect((await nightshift(['doctor'])).out).toMatch(/ok\s+\S*\s+workers\s+1 on task queue terminal/);
    }),
  180_000,
);
