// Whole jobs by seed: whatever happens to them, nothing runs twice, nothing is lost, and the report is true.

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Provider } from '../../providers/provider.ts';
import { realTime, skippedTime } from '../../simulation/run/environments.ts';
import { playScript } from '../../simulation/run/run-script.ts';
import { SimulationServer } from '../../simulation/run/server.ts';
import { simulate, simulateResets } from '../../simulation/run/simulate.ts';
import type { Script, ScriptEvent } from '../../simulation/script/script.ts';
import { writeScript } from '../../simulation/script/write-script.ts';
import { workflowBundle } from '../support/temporal.ts';

const seeds = 20;
const resets = 10;
const folder = join(tmpdir(), 'nightshift-simulation');
let server: SimulationServer;

beforeAll(async () => {
  server = await SimulationServer.start(skippedTime, workflowBundle().codePath);
});
afterAll(() => server.stop());

test(`the invariants hold for ${seeds} seeds`, async () => {
  const start = (): Promise<SimulationServer> => SimulationServer.start(skippedTime, workflowBundle().codePath);
  const scripts = Array.from({ length: seeds }, (_, at) => writeScript(at + 1));
  const failures = await simulate(start, scripts, { folder, say: console.log });
  expect(failures.map(({ script, broken }) => ({ seed: script.seed, broken }))).toEqual([]);
}, 600_000);

test(`the invariants hold for ${resets} seeds of jobs that are reset, terminated and taken over`, async () => {
  const real = await SimulationServer.start(realTime, workflowBundle().codePath);
  try {
    const failures = await simulateResets(real, { from: 1, seeds: resets, folder, say: console.log });
    expect(failures.map(({ script, broken }) => ({ seed: script.seed, broken }))).toEqual([]);
  } finally {
    await real.stop();
  }
}, 300_000);

const scriptWith = (...events: readonly ScriptEvent[]): Script => ({
  seed: 0,
  vendor: 'openai',
  rows: 12,
  job: { batch: { maxItems: 6 }, minBatchItems: 1, poll: { initial: '1m', max: '10m' }, retry: { rounds: 1 } },
  batchesPerSegment: 500,
  provider: { answer: { mode: 'echo' }, runMs: 60_000 },
  events,
});

const lostCreate: ScriptEvent = {
  at: { part: 'wave-1/batch-0001', kind: 'create', nth: 1, when: 'before' },
  deed: { kind: 'lost reply', how: 'reset', times: 1 },
};

test('a provider that finds nothing is caught: the rows of a lost create run twice', async () => {
  const blind = (provider: Provider): Provider => ({
    ...provider,
    find: async () => ({ confirmed: [], possible: [] }),
  });
  expect((await playScript(server, scriptWith(lostCreate))).broken).toEqual([]);
  const { broken } = await playScript(server, scriptWith(lostCreate), { alter: blind });
  expect(broken).toEqual(
    expect.arrayContaining([expect.stringMatching(/^row 1 ran again after it was answered: answered in batch_/)]),
  );
});

test('a download that loses lines is caught: rows that were answered are not', async () => {
  const forgetful = (provider: Provider): Provider => ({
    ...provider,
    download: async function* (handle, ctx) {
      for await (const chunk of provider.download(handle, ctx)) yield chunk.subarray(0, chunk.length / 2);
      return true;
    },
  });
  const { broken } = await playScript(server, scriptWith(), { alter: forgetful });
  expect(broken.join()).toMatch(/ran again after it was answered/);
});

test('a death is fail-stop: the next incarnation continues from disk', async () => {
  const at = { part: 'wave-1/batch-0002', kind: 'create', nth: 1, when: 'after' } as const;
  const { broken, story } = await playScript(server, scriptWith({ at, deed: { kind: 'death' } }));
  expect(broken).toEqual([]);
  expect(story.join()).toContain('deaths: 1');
});

test('a recorded order of calls is reproduced: each call is held until its turn', async () => {
  const { order } = await playScript(server, scriptWith());
  const swapped = order.map((call) => call.replace(/batch-000([12])/, (_, batch) => `batch-000${3 - Number(batch)}`));
  for (const recorded of [order, swapped]) {
    const played = await playScript(server, scriptWith(), { recorded });
    expect(played).toMatchObject({ broken: [], strayed: 0, order: recorded });
  }
});
