// `npm run simulate`: plays whole jobs by seed. For each seed that breaks an invariant, it says how and keeps the files to play it again.

import '../scripts/plain-errors.ts';
import { parseArgs } from 'node:util';
import { realTime, skippedTime } from './run/environments.ts';
import { readRecording } from './run/recording.ts';
import { playScript } from './run/run-script.ts';
import { SimulationServer } from './run/server.ts';
import { describeFigures, describePlayed, simulate, simulateResets } from './run/simulate.ts';
import type { Script } from './script/script.ts';
import { writeScript } from './script/write-script.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
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
  const startedAt = Date.now();
  const [seeds, from] = [Number(values.seeds), Number(values.from)];
  const scripts = Array.from({ length: seeds }, (_, at) => writeScript(from + at, values.provider));
  const { folder } = values;
  const failures = await simulate(() => SimulationServer.start(skippedTime), scripts, { folder, say });
  const each = ((Date.now() - startedAt) / seeds / 1000).toFixed(2);
  say(`${seeds - failures.length} of ${seeds} seeds hold, ${each} s a seed`);
  return failures.length === 0;
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
