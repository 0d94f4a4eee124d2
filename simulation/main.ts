// `npm run simulate`: plays whole jobs by seed. For each seed that breaks an invariant, it says how and keeps the files to play it again.

import '../scripts/plain-errors.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findBundle } from '../worker/bundle-cache.ts';
import { readConfig } from '../worker/config.ts';
import { realTime, skippedTime } from './run/environments.ts';
import { playInProcesses } from './run/processes.ts';
import { readRecording } from './run/recording.ts';
import { playScript } from './run/run-script.ts';
import { SimulationServer } from './run/server.ts';
import { describeFigures, describePlayed, simulateResets } from './run/simulate.ts';
import type { Script } from './script/script.ts';
import { writeScript } from './script/write-script.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    processes: { type: 'string', default: String(availableParallelism()) },
    seed: { type: 'string' },
    provider: { type: 'string' },
    replay: { type: 'string' },
    resets: { type: 'string' },
    folder: { type: 'string', default: 'runs/simulation' },
  },
});

const say = (line: string): void => console.log(line);
process.exitCode = (await run()) ? 0 : 1;

/** Whether all invariants held. */
async function run(): Promise<boolean> {
  if (values.replay !== undefined) {
    const { script, order } = readRecording(values.replay);
    return showOne(script, order);
  }
  if (values.seed !== undefined) return showOne(writeScript(Number(values.seed), values.provider), []);
  if (values.resets !== undefined) return showResets(Number(values.resets));
  return showMany(Array.from({ length: Number(values.seeds) }, (_, at) => Number(values.from) + at));
}

async function showMany(seeds: readonly number[]): Promise<boolean> {
  const startedAt = Date.now();
  const { folder, provider } = values;
  const scratch = mkdtempSync(join(tmpdir(), 'nightshift-simulation-'));
  try {
    const { codePath } = await findBundle(readConfig(), scratch);
    const processes = Number(values.processes);
    const failed = await playInProcesses({ seeds, processes, provider, bundlePath: codePath, folder, say });
    const each = ((Date.now() - startedAt) / seeds.length / 1000).toFixed(2);
    say(`${seeds.length - failed.length} of ${seeds.length} seeds hold, ${each} s a seed`);
    if (failed.length > 0) say(`do not hold: ${failed.toSorted((a, b) => a - b).join(' ')}`);
    return failed.length === 0;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function showOne(script: Script, recorded: readonly string[]): Promise<boolean> {
  const kind = isHard(script) ? realTime : skippedTime;
  const server = await SimulationServer.start(kind);
  try {
    const played = await playScript(server, script, { recorded });
    say(describePlayed(played));
    for (const call of played.order) say(`    ${call}`);
    say(describeFigures(played));
    return played.broken.length === 0;
  } finally {
    await server.stop();
  }
}

async function showResets(seeds: number): Promise<boolean> {
  const server = await SimulationServer.start(realTime);
  try {
    const failures = await simulateResets(server, { seeds, from: Number(values.from), folder: values.folder, say });
    say(`${seeds - failures.length} of ${seeds} seeds with resets hold`);
    return failures.length === 0;
  } finally {
    await server.stop();
  }
}

/** Whether only the real server can play the script. */
function isHard({ events }: Script): boolean {
  const hard = ['reset', 'terminate child', 'terminate and resume'];
  return events.some(({ deed }) => deed.kind === 'command' && hard.includes(deed.command.name));
}
