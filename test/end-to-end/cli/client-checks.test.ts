// The client's checks before anything is spent: wrong jobs, estimates, the doctor's findings, and wrong usage.

import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Client, Connection } from '@temporalio/client';
import { beforeAll, expect, test } from 'vitest';
import { startDevServer } from '../../../scripts/dev-server.ts';
import { spawnGuarded } from '../../../scripts/tools/guard.ts';
import { Cell } from '../crash/cell.ts';
import { realServer } from '../server.ts';
import { commandsAt, type Nightshift, parseLines } from './commands.ts';

const server = realServer();
let nightshift: Nightshift;

beforeAll(() => {
  nightshift = commandsAt({ env: { TEMPORAL_ADDRESS: server.address } });
});

const cell = (name: string, use: (cell: Cell, nightshift: Nightshift) => Promise<void>): Promise<void> =>
  Cell.with(server, name, {}, (at) => use(at, commandsAt({ cwd: at.root, env: at.env })));

test(
  'a first job is written, validated, estimated and run, and overwrites nothing',
  () =>
    cell('first', async (at, here) => {
      const init = await here(['init', 'tickets']);
      expect(init).toMatchObject({ code: 0, out: 'tickets/job.json\n' });
      expect(init.err).toMatch(/\/nightshift run tickets\/job\.json/);
      expect(parseLines(await here(['validate', 'tickets/job.json', '--offline']))).toEqual([
        { valid: true, by: 'schema' },
      ]);
      expect(parseLines(await here(['validate', 'tickets/job.json']))).toMatchObject([{ valid: true, by: 'worker' }]);
      const [estimate] = parseLines(await here(['estimate', 'tickets/job.json', '--by-reference']));
      expect(estimate).toMatchObject({ rows: { accepted: 8 }, items: 8, budgetUsd: 1, batches: 1, realtimeBatches: 0 });
      expect(estimate?.expectedTokens).toMatchObject({ likely: expect.any(Number), low: expect.any(Number) });
      expect(estimate?.caveats).toContainEqual(expect.stringContaining('were counted in 8 rows'));
      const { $schema } = JSON.parse(readFileSync(join(at.root, 'tickets/job.json'), 'utf8'));
      const schema = readFileSync(join(at.root, 'tickets', $schema), 'utf8');
      expect(schema).toBe(readFileSync('job.schema.json', 'utf8'));
      expect(await at.control.counts()).toMatchObject({ batchesCreated: 0 });
      expect(await here(['run', 'tickets/job.json'])).toMatchObject({
        code: 0,
        out: 'runs/tickets/results.jsonl\n',
      });
      const [report] = parseLines(await here(['report', 'tickets']));
      expect(report).toMatchObject({ batches: { count: 1, realtime: 0 } });
      const before = readFileSync(join(at.root, 'tickets/job.json'), 'utf8');
      expect(await here(['init', 'tickets'])).toMatchObject({
        code: 1,
        err: expect.stringContaining('stays as it is'),
      });
      expect(readFileSync(join(at.root, 'tickets/job.json'), 'utf8')).toBe(before);
      expect((await here(['init', '..'])).err).toContain('not below the data root');
    }),
  180_000,
);

test(
  'a wrong job is refused with all that is wrong with it, here as far as the schema goes, and by the worker',
  () =>
    cell('wrong', async (at, here) => {
      writeFileSync(
        join(at.root, 'wrong.json'),
        JSON.stringify({ dataset: '../x', unknown: 1, batch: { maxItems: 0 } }),
      );
      for (const command of ['run', 'validate', 'estimate']) {
        const { code, err } = await here([command, 'wrong.json']);
        expect(code).toBe(1);
        expect(err).toContain('wrong.json has 3 problems');
        expect(err).toContain('unknown: unknown field');
        expect(err).toContain('batch.maxItems: must be at least 1');
      }
      writeFileSync(join(at.root, 'nobody.json'), JSON.stringify({ ...at.openaiJob(3), provider: 'nobody' }));
      expect((await here(['validate', 'nobody.json', '--offline'])).code).toBe(0);
      expect(await here(['validate', 'nobody.json'])).toMatchObject({
        code: 1,
        err: expect.stringContaining('unknown provider'),
      });
      expect(await here(['run', 'nobody.json'])).toMatchObject({ code: 1, err: expect.stringContaining('provider') });
      writeFileSync(join(at.root, 'broken.json'), '{"dataset": ');
      expect((await here(['run', 'broken.json'])).err).toContain('broken.json is not JSON');
    }),
  120_000,
);

test(
  'the doctor finds nothing wrong where all is there, and says how to fix what is not',
  () =>
    cell('doctor', async (at, here) => {
      const well = await here(['doctor']);
      expect(well.code).toBe(0);
      expect(parseLines(well).map(({ what, state }) => `${what}: ${state}`)).toEqual([
        ...['temporal: ok', 'namespace: ok', 'search attributes: ok', 'workers: ok', 'key of anthropic: ok'],
        ...['key of gemini: ok', 'key of openai: ok', 'no key: ok'],
        ...['files of gemini: ok', 'files of openai: ok'],
        ...['store: ok', 'exclusive create: ok', 'rename: ok', 'append: ok'],
        ...['clock: ok', 'clock here: ok', 'version: ok'],
      ]);
      const alone = await here(['doctor', '--task-queue', 'nobody-is-here']);
      expect(alone.code).toBe(1);
      expect(parseLines(alone).at(-1)).toMatchObject({
        what: 'workers',
        state: 'bad',
        fix: 'NIGHTSHIFT_TASK_QUEUE=nobody-is-here npm run worker',
      });
      const elsewhere = commandsAt({ env: { ...at.env, TEMPORAL_NAMESPACE: 'nowhere' } });
      expect(parseLines(await elsewhere(['doctor'])).at(-1)).toMatchObject({
        fix: 'npm run temporal -- operator namespace create --namespace nowhere',
      });
    }),
  120_000,
);

test('a worker without keys, a store that it cannot write, and attributes that are missing are found', async () => {
  const bare = await startDevServer({ headless: true, attributes: [] });
  const near = await Connection.connect({ address: bare.address });
  const workerEnv = { OPENAI_API_KEY: '' };
  try {
    const at = { address: bare.address, client: new Client({ connection: near }) };
    await Cell.with(at, 'ill', { workerEnv }, async (ill) => {
      const found = parseLines(await commandsAt({ env: ill.env })(['doctor']));
      // Another provider has a key, so this one may be left out on purpose.
      expect(found).toContainEqual(
        expect.objectContaining({ what: 'no key', state: 'ok', found: expect.stringContaining('openai') }),
      );
      const attributes = found.find(({ what }) => what === 'search attributes');
      expect(attributes).toMatchObject({
        state: 'warn',
        fix: expect.stringContaining('operator search-attribute create'),
      });
    });
  } finally {
    await near.close();
    await bare.stop();
  }
}, 120_000);

test('Ctrl-C takes a question back, with or without a worker to hear it', async () => {
  const child = spawnGuarded(process.execPath, ['client/cli/main.ts', 'estimate', 'examples/tickets.json'], {
    env: { ...process.env, TEMPORAL_ADDRESS: server.address, NIGHTSHIFT_TASK_QUEUE: 'nobody-asks' },
  });
  child.stdout.resume();
  const err = text(child.stderr);
  await once(child.stderr, 'data');
  child.kill('SIGINT');
  await once(child, 'close');
  expect(child.exitCode).toBe(130);
  expect(await err).toBe(
    'no worker polls task queue nobody-asks: npm run worker\ngiven up: a worker that has begun removes what it has written\n',
  );
}, 60_000);

test('what cannot be done is said, with what to do next', async () => {
  expect(await nightshift(['status', 'no-such-job'])).toMatchObject({
    code: 1,
    err: expect.stringMatching(/no such job as no-such-job.*nightshift list/),
  });
  expect(await nightshift(['results', 'no-such-job'])).toMatchObject({
    code: 1,
    err: expect.stringContaining('list --all'),
  });
  expect(await nightshift(['run', 'nowhere.json'])).toMatchObject({
    code: 1,
    err: expect.stringContaining('nowhere.json cannot be read'),
  });
  expect((await nightshift(['run'])).code).toBe(2);
  expect((await nightshift(['runn', 'x'])).err).toContain('Did you mean run?');
  const wrong = async (...args: string[]): Promise<string> => {
    const { code, err } = await nightshift(args);
    expect(code).toBe(2);
    return err;
  };
  expect(await wrong('set', 'x', '--concurrency', '0')).toContain('a whole number from 1 to 500');
  expect(await wrong('set', 'x', '--budget', 'much')).toContain('US dollars like 25 or 0.5, or "none"');
  expect(await wrong('set', 'x', '--batch-deadline', '15')).toContain('a duration with its unit, like 90s, 15m');
  expect(await wrong('set', 'x')).toContain('give --budget, --concurrency, a deadline or --then');
  expect(await wrong('retry', 'x', '--reason', 'boredom')).toContain('Reasons are rate_limited');
  const nowhere = commandsAt({ env: { TEMPORAL_ADDRESS: '127.0.0.1:1' } });
  expect(await nowhere(['status', 'x'])).toMatchObject({ code: 1, err: expect.stringContaining('TEMPORAL_ADDRESS') });
  expect(parseLines(await nowhere(['doctor']))).toMatchObject([{ what: 'temporal', state: 'bad' }]);
  expect((await nightshift(['--help'])).out).toContain('Exit codes');
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  expect((await nightshift(['--version'])).out).toBe(`${version}\n`);
}, 120_000);
