// Scheduled jobs on a real server: created, triggered, paused and backfilled with Nightshift's command line and with Temporal's own.

import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ScheduleOverlapPolicy } from '@temporalio/client';
import { expect, inject, test } from 'vitest';
import { commandsAt, type Nightshift, parseLines, said } from './cli/commands.ts';
import { Cell, until } from './crash/cell.ts';
import { realServer } from './server.ts';

const server = realServer();

const cell = (name: string, use: (cell: Cell, nightshift: Nightshift) => Promise<void>): Promise<void> =>
  Cell.with(server, name, {}, (at) => use(at, commandsAt({ cwd: at.root, env: at.env })));

const berlinDay = (at: number): string =>
  new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Berlin', dateStyle: 'short' }).format(at);

/** The example, with a dataset of as many rows for each of the days. */
function nightly(at: Cell, days: Readonly<Record<string, number>>): void {
  mkdirSync(join(at.root, 'examples/nightly'), { recursive: true });
  copyFileSync('examples/nightly.json', join(at.root, 'examples/nightly.json'));
  for (const [day, rows] of Object.entries(days)) {
    const lines = Array.from({ length: rows }, (_, row) =>
      JSON.stringify({ id: `${day}/${row}`, text: `${day} ${row}` }),
    );
    writeFileSync(join(at.root, `examples/nightly/${day}.jsonl`), `${lines.join('\n')}\n`);
  }
}

const idsOf = (at: Cell, day: string): string[] =>
  readFileSync(join(at.root, 'runs/nightly', day, 'results.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).id);

test(
  'a schedule starts its job when told to, skips what overlaps, and catches up on nights, each in the folder of its day',
  () =>
    cell('nightly', async (at, nightshift) => {
      const today = berlinDay(Date.now());
      nightly(at, { [today]: 60, '2026-11-18': 3, '2026-11-19': 4 });
      await at.control.setOptions({ runMs: 4000 });
      await expectCreated(at, nightshift);
      await expectSecondStartSkipped(at, nightshift, today);
      await expectNightsMadeUpFor(at, nightshift);
      await expectDoneNightRefused(at, nightshift);
      await expectSteered(nightshift);
    }),
  300_000,
);

async function expectCreated(at: Cell, nightshift: Nightshift): Promise<void> {
  const clock = ['--cron', '0 2 * * *', '--timezone', 'Europe/Berlin'];
  const create = ['schedule', 'create', 'nightly', 'examples/nightly.json', ...clock];
  const created = await nightshift([...create, '--jitter', '5m', '--paused', '--note', 'until Monday']);
  expect(created).toMatchObject({ code: 0, err: expect.not.stringContaining('caution') });
  expect(parseLines(created)).toMatchObject([
    {
      id: 'nightly',
      paused: true,
      note: 'until Monday',
      job: 'examples/nightly.json',
      cron: '0 2 * * *',
      timezone: 'Europe/Berlin',
      catchupMs: 7_200_000,
      jitterMs: 300_000,
      taskQueue: 'nightly',
      next: null,
    },
  ]);
  const { policies } = await at.client.schedule.getHandle('nightly').describe();
  expect(policies.overlap).toBe(ScheduleOverlapPolicy.SKIP);
  expect(await nightshift(create)).toMatchObject({
    code: 1,
    err: expect.stringContaining('the schedule nightly exists'),
  });
}

async function expectSecondStartSkipped(at: Cell, nightshift: Nightshift, today: string): Promise<void> {
  const schedule = at.client.schedule.getHandle('nightly');
  expect((await nightshift(['schedule', 'trigger', 'nightly'])).code).toBe(0);
  await until('the job runs', async () => (await schedule.describe()).info.runningActions.length === 1);
  await nightshift(['schedule', 'trigger', 'nightly']);
  await until(
    'the second start is skipped',
    async () => (await schedule.describe()).info.numActionsSkippedOverlap === 1,
  );
  const [described] = parseLines(await nightshift(['schedule', 'describe', 'nightly']));
  expect(described).toMatchObject({ skipped: 1, started: [expect.stringMatching(/^nightly-20/)] });
  const started = String(described?.started);
  expect((await nightshift(['watch', started])).out).toBe(`runs/nightly/${today}/results.jsonl\n`);
  expect(idsOf(at, today)).toHaveLength(60);
  const run = await at.client.workflow.getHandle(started).describe();
  expect(await run.staticSummary()).toBe('the job in examples/nightly.json');
}

async function expectNightsMadeUpFor(at: Cell, nightshift: Nightshift): Promise<void> {
  const span = ['--from', '2026-11-18', '--to', '2026-11-19'];
  expect((await nightshift(['schedule', 'backfill', 'nightly', ...span])).code).toBe(0);
  await until(
    'the job catches up on both nights',
    async () => {
      const { info } = await at.client.schedule.getHandle('nightly').describe();
      return info.numActionsTaken === 3 && info.runningActions.length === 0;
    },
    60_000,
  );
  expect(idsOf(at, '2026-11-18')).toEqual([0, 1, 2].map((row) => `2026-11-18/${row}`));
  expect(idsOf(at, '2026-11-19')).toEqual([0, 1, 2, 3].map((row) => `2026-11-19/${row}`));
  const listed = parseLines(await nightshift(['list']));
  const jobs = listed.filter(({ id }) => String(id).startsWith('nightly-2026-11-1'));
  expect(jobs.map(({ id }) => id).toSorted()).toEqual(['nightly-2026-11-18T01:00:00Z', 'nightly-2026-11-19T01:00:00Z']);
}

/** Its output is claimed, so the job fails before it spends anything. */
async function expectDoneNightRefused(at: Cell, nightshift: Nightshift): Promise<void> {
  const { batchesCreated, sync } = await at.control.counts();
  await nightshift(['schedule', 'backfill', 'nightly', '--from', '2026-11-18', '--to', '2026-11-18']);
  await until('the night that was done is refused', async () => {
    const again = await at.client.workflow.getHandle('nightly-2026-11-18T01:00:00Z').describe();
    return again.status.name === 'FAILED';
  });
  expect(await at.control.counts()).toMatchObject({ batchesCreated, sync });
}

async function expectSteered(nightshift: Nightshift): Promise<void> {
  await nightshift(['schedule', 'resume', 'nightly']);
  await until('it is listed with its next start', async () =>
    parseLines(await nightshift(['schedule', 'list'])).some(({ id, next }) => id === 'nightly' && next !== null),
  );
  await nightshift(['schedule', 'pause', 'nightly', '--note', 'holidays']);
  expect(parseLines(await nightshift(['schedule', 'describe', 'nightly']))).toMatchObject([
    { paused: true, note: 'holidays' },
  ]);
  expect((await nightshift(['schedule', 'delete', 'nightly'])).code).toBe(0);
  expect(await nightshift(['schedule', 'describe', 'nightly'])).toMatchObject({
    code: 1,
    err: expect.stringContaining('no such schedule'),
  });
}

test(
  'what the plain Temporal CLI schedules runs as well, and can be steered by ours',
  () =>
    cell('plain', async (at, nightshift) => {
      mkdirSync(join(at.root, 'jobs'));
      writeFileSync(join(at.root, 'jobs/tickets.json'), JSON.stringify(at.openaiJob(3)));
      const temporal = (...args: string[]) => said(inject('temporalCli'), args, { env: at.env });
      const flags = [
        '--cron',
        '0 2 * * *',
        '--time-zone',
        'Europe/Berlin',
        '--overlap-policy',
        'Skip',
        '--catchup-window',
        '2h',
      ];
      const action = ['--task-queue', at.name, '--type', 'processDataset', '--workflow-id', 'tickets-nightly'];
      const input = ['--input', '{"job": "jobs/tickets.json"}'];
      expect(
        await temporal('schedule', 'create', '--schedule-id', 'plain', ...flags, ...action, ...input),
      ).toMatchObject({
        code: 0,
      });
      expect((await nightshift(['schedule', 'trigger', 'plain'])).code).toBe(0);
      const schedule = at.client.schedule.getHandle('plain');
      await until('it has started', async () => (await schedule.describe()).info.recentActions.length === 1);
      const [described] = parseLines(await nightshift(['schedule', 'describe', 'plain']));
      const id = String(described?.started);
      const watched = await nightshift(['watch', id]);
      expect(watched).toMatchObject({
        code: 0,
        out: expect.stringMatching(/^runs\/tickets-nightly-.*\/results\.jsonl\n$/),
      });
      expect(parseLines(await nightshift(['results', id]))).toHaveLength(3);
      expect(described?.timezone).toBe('Europe/Berlin');
    }),
  180_000,
);

test(
  'a clock that cannot be is refused, and a job that is not there is cautioned about',
  () =>
    cell('refused', async (_, nightshift) => {
      const create = ['schedule', 'create', 'refused', 'jobs/nowhere.json', '--cron'];
      const wrong = await nightshift([...create, 'now and then']);
      expect(wrong.code).toBe(1);
      expect(wrong.err).toContain('caution:');
      expect(await nightshift([...create, '0 2 * * *', '--timezone', 'Middle/Earth'])).toMatchObject({ code: 1 });
      expect((await nightshift([...create, '0 2 * * *', '--catchup', '2'])).code).toBe(2);
    }),
  120_000,
);
