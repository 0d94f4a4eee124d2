// `npm run simulate`: plays whole jobs by seed. For each seed that breaks an invariant it says how, and keeps what it takes to play it again.

import '../scripts/plain-errors.ts';
import { parseArgs } from 'node:util';
import { readRecording } from './run/recording.ts';
import { type Played, playScript } from './run/run-script.ts';
import { SimulationServer } from './run/server.ts';
import { describeFigures, describePlayed, simulate } from './run/simulate.ts';
import { writeScript } from './script/write-script.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    replay: { type: 'string' },
    folder: { type: 'string', default: 'runs/simulation' },
  },
});

const say = (line: string): void => console.log(line);
const server = await SimulationServer.start();
try {
  process.exitCode = (await run()) ? 0 : 1;
} finally {
  await server.stop();
}

/** Whether all invariants held. */
async function run(): Promise<boolean> {
  if (values.replay !== undefined) {
    const { script, order } = readRecording(values.replay);
    return show(await playScript(server, script, { recorded: order }));
  }
  if (values.seed !== undefined) return show(await playScript(server, writeScript(Number(values.seed))));
  const startedAt = Date.now();
  const [seeds, from] = [Number(values.seeds), Number(values.from)];
  const failures = await simulate(server, { seeds, from, folder: values.folder, say });
  const each = ((Date.now() - startedAt) / seeds / 1000).toFixed(2);
  say(`${seeds - failures.length} of ${seeds} seeds hold, ${each} s a seed`);
  return failures.length === 0;
}

function show(played: Played): boolean {
  say(describePlayed(played));
  for (const call of played.order) say(`    ${call}`);
  say(describeFigures(played));
  return played.broken.length === 0;
}
