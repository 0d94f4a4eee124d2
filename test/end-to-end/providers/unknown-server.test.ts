// A provider that Nightshift does not know: aimock, a server that others wrote with OpenAI's files and batches. A profile of the worker is all it takes.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LLMock } from '@copilotkit/aimock';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { JobStatus } from '../../../domain/progress/status.ts';
import type { JobReport } from '../../../domain/report/report.ts';
import { Cell, until } from '../crash/cell.ts';
import { realServer } from '../server.ts';

const server = realServer();
const stranger = new LLMock({ port: 0, host: '127.0.0.1', journalMaxEntries: 0 });

beforeAll(async () => {
  await stranger.start();
});
beforeEach(() => {
  stranger.reset();
  stranger.setChaos({});
});
afterAll(() => stranger.stop());

/** A worker that knows the server by each of these profiles. */
function withProfiles(
  name: string,
  batches: Readonly<Record<string, object>>,
  use: (at: Cell) => Promise<void>,
): Promise<void> {
  const profile = (batch: object): object => ({ baseUrl: `${stranger.url}/v1`, needsKey: false, batch });
  const profiles = Object.fromEntries(Object.entries(batches).map(([each, batch]) => [each, profile(batch)]));
  return Cell.with(server, name, { workers: 0 }, async (at) => {
    const config = join(at.root, 'config.json');
    writeFileSync(config, JSON.stringify({ profiles }));
    await at.startWorker({ NIGHTSHIFT_CONFIG: config });
    await use(at);
  });
}

const rows = 60;

const jobOf = (provider: string, dataset: string, changes: object = {}): object => ({
  dataset,
  provider,
  model: 'some-model',
  prompt: { user: '{{ text }}', maxTokens: 16 },
  batch: { maxItems: 20 },
  minBatchItems: 1,
  poll: { initial: '500ms', max: '1s' },
  retry: { backoff: '1s' },
  ...changes,
});

/** The statuses with which the server answered creates. */
const listCreates = (): readonly number[] =>
  stranger.journal
    .getAll()
    .filter(({ method, path }) => method === 'POST' && path === '/v1/batches')
    .map(({ response }) => response.status);

const countBreaks = (): number =>
  stranger.journal.getAll().filter(({ response }) => response.chaosAction === 'disconnect').length;

const whole = { verdict: 'complete', rows: { answered: rows, failed: 0 } };

test(
  'whole jobs run, with a server of which nothing is trusted and with one that is trusted',
  () =>
    withProfiles('unknown', { bare: {}, trusted: { metadata: true, counts: true, sizes: true } }, async (at) => {
      const dataset = at.dataset(rows);
      for (const provider of ['bare', 'trusted']) {
        const handle = await at.start(jobOf(provider, dataset), provider);
        expect(await handle.result()).toMatchObject(whole);
        expect(at.results(provider).map(({ row, lane }) => [row, lane])).toEqual(
          Array.from({ length: rows }, (_, index) => [index + 1, 'batch']),
        );
      }
      expect(listCreates()).toEqual(Array(6).fill(200));
    }),
  120_000,
);

test(
  'connections that break at random lose no row, and no batch is created twice',
  () =>
    withProfiles('breaking', { stranger: { metadata: true } }, async (at) => {
      stranger.setChaos({ disconnectRate: 0.3 });
      const handle = await at.start(jobOf('stranger', at.dataset(rows)));
      // No more than that: a create that breaks again and again is given up, which takes minutes.
      await until('five breaks', () => countBreaks() >= 5, 120_000);
      stranger.setChaos({ disconnectRate: 0 });
      const report: JobReport = await handle.result();
      expect(report).toMatchObject(whole);
      expect(listCreates().filter((status) => status === 200)).toHaveLength(3);
    }),
  240_000,
);

/** The server accepts none of the job's batches. */
async function expectPause(at: Cell, provider: string, job: object): Promise<void> {
  const handle = await at.start(job, provider);
  const readPause = async (): Promise<JobStatus['pause']> => (await handle.query<JobStatus, []>('status')).pause;
  await until(`the job of ${provider} pauses`, async () => (await readPause()) !== null, 60_000);
  expect(await readPause()).toMatchObject({ reason: 'refused', note: expect.stringContaining('its profile') });
  expect(listCreates()).not.toContain(200);
  await handle.cancel();
  await handle.result().catch(() => undefined);
}

test('a job pauses and creates nothing if its profile is wrong, and runs if the profile is corrected', () => {
  const profiles = {
    slow: { window: '48h' },
    odd: { filePurpose: 'batch-api' },
    large: {},
    fit: { bytesMax: 10_000_000 },
  };
  return withProfiles('wrong', profiles, async (at) => {
    for (const provider of ['slow', 'odd']) await expectPause(at, provider, jobOf(provider, at.dataset(rows)));
    // 11 MB in one batch: this server takes files of 10 MiB.
    const longRows = 2_700;
    const dataset = at.dataset(longRows, (row) => `${row} ${'long '.repeat(800)}`);
    await expectPause(at, 'large', jobOf('large', dataset, { batch: {} }));
    const fitting = await at.start(jobOf('fit', dataset, { batch: {} }), 'fit');
    expect(await fitting.result()).toMatchObject({ verdict: 'complete', rows: { answered: longRows, failed: 0 } });
    expect(listCreates().filter((status) => status === 200)).toHaveLength(2);
  });
}, 240_000);
