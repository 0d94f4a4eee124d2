// Whole jobs of every further provider, in one process: random scripts, and one job for the rows of the crash matrix that touch its API.

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createProviders, providerNames, readDefaultAccounts } from '../../providers/registry.ts';
import { skippedTime } from '../../simulation/run/environments.ts';
import { playScript } from '../../simulation/run/run-script.ts';
import { SimulationServer } from '../../simulation/run/server.ts';
import { simulate } from '../../simulation/run/simulate.ts';
import type { CallKind, Deed, Script, ScriptEvent } from '../../simulation/script/script.ts';
import { expire } from '../../simulation/script/write-events.ts';
import { writeScript } from '../../simulation/script/write-script.ts';
import { workflowBundle } from '../support/temporal.ts';

const seeds = process.env.NIGHTSHIFT_LONG === '1' ? 20 : 1;
const folder = join(tmpdir(), 'nightshift-simulation');
const providers = createProviders(readDefaultAccounts(() => null));
const hasBatches = (name: string): boolean => providers.get(name)?.lanes.includes('batch') === true;
const further = providerNames.filter((name) => name !== 'openai' && name !== 'anthropic');

const start = (): Promise<SimulationServer> => SimulationServer.start(skippedTime, workflowBundle().codePath);
let server: SimulationServer;

beforeAll(async () => {
  server = await start();
});
afterAll(() => server.stop());

test(`the invariants hold for each further provider, in seeds up to ${seeds}`, async () => {
  const scripts = further.flatMap((name) => Array.from({ length: seeds }, (_, at) => writeScript(at + 1, name)));
  const failures = await simulate(start, scripts, { folder, say: console.log });
  expect(failures.map(({ script, broken }) => ({ seed: script.seed, provider: script.vendor, broken }))).toEqual([]);
}, 3_600_000);

const death: Deed = { kind: 'death' };
const lostReply: Deed = { kind: 'lost reply', how: 'reset', times: 1 };
const cut: Deed = { kind: 'cut', afterBytes: 100, withLength: false, times: 1 };

type Row = readonly (readonly [CallKind, 'before' | 'after', Deed])[];

/** The rows of the matrix: in the middle of the download, the worker dies when only some bytes have come. */
const listRows = (vendor: string): readonly Row[] => [
  [['upload', 'before', death]],
  [['upload', 'after', death]],
  [['create', 'before', death]],
  [['create', 'after', death]],
  [['create', 'before', lostReply]],
  [['write handle', 'before', death]],
  [['download', 'before', death]],
  [
    ['download', 'before', cut],
    ['download', 'after', death],
  ],
  [['write raw', 'before', death]],
  [['write tally', 'before', death]],
  [
    ['create', 'before', { kind: 'batch', fault: expire(vendor, 0.5) }],
    ['write ended', 'after', death],
  ],
  [
    ['create', 'before', { kind: 'batch', fault: { endAs: 'cancelled', partial: 0.5 } }],
    ['write ended', 'after', death],
  ],
];

/** One batch for each row, one after the other. */
function writeMatrix(vendor: string): Script {
  const events = listRows(vendor).flatMap((row, index) => {
    const part = `wave-1/batch-${String(index + 1).padStart(4, '0')}`;
    return row.map(([kind, when, deed]): ScriptEvent => ({ at: { part, kind, nth: 1, when }, deed }));
  });
  return {
    seed: 0,
    vendor,
    // Batches of 6, or of 6, 5, 4 and 3 where only its size tells a batch from others.
    rows: providers.get(vendor)?.limits.distinctCounts ? 54 : 72,
    job: { batch: { maxItems: 6, concurrency: 1 }, minBatchItems: 1, poll: { initial: '1m', max: '10m' } },
    batchesPerSegment: 500,
    provider: { answer: { mode: 'echo' }, runMs: 60_000 },
    events,
  };
}

test.each(further.filter(hasBatches))(
  '%s: the worker dies at each point of a create, a download and a release; no row is lost or paid twice',
  async (name) => {
    const { broken, story, results } = await playScript(server, writeMatrix(name));
    expect(broken).toEqual([]);
    expect(story.join()).toContain('not reached: 0; deaths: 11');
    expect(results.filter(({ status }) => status !== 'answered')).toEqual([]);
  },
  180_000,
);
