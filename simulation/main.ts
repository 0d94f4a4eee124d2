// `npm run simulate`: plays whole jobs by seed, and for each that breaks an invariant says how and keeps what it takes to play it again.

import { parseArgs } from 'node:util';
import { playScript } from './run/run-script.ts';
import { SimulationServer } from './run/server.ts';
import { describeScript } from './script/script.ts';
import { writeScript } from './script/write-script.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
  },
});

const from = Number(values.seed ?? values.from);
const count = values.seed === undefined ? Number(values.seeds) : 1;
const server = await SimulationServer.start();
let failed = 0;
const startedAt = Date.now();
try {
  for (let seed = from; seed < from + count; seed += 1) {
    const played = await playScript(server, writeScript(seed));
    const figures = `${(played.realMs / 1000).toFixed(1)} s, ${played.virtualHours} h, ${played.order.length} calls`;
    if (played.broken.length > 0) failed += 1;
    if (played.broken.length > 0 || values.seed !== undefined) {
      console.log(describeScript(played.script));
      for (const line of [...played.story, ...played.broken.map((sentence) => `BROKEN: ${sentence}`)]) console.log(`  ${line}`);
      if (values.seed !== undefined) console.log(played.order.map((call) => `    ${call}`).join('\n'));
    }
    console.log(`seed ${seed}: ${played.broken.length > 0 ? 'BROKEN' : 'ok'}, ${figures}`);
  }
  console.log(`${count - failed} of ${count} seeds hold, ${((Date.now() - startedAt) / count / 1000).toFixed(2)} s a seed`);
} finally {
  await server.stop();
}
process.exitCode = failed > 0 ? 1 : 0;
