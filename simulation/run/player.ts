// One of the processes that play seeds: plays each seed that it is sent, and ends when its parent does.

import { writeScript } from '../script/write-script.ts';
import { skippedTime } from './environments.ts';
import type { PlayerMessage, SeedMessage } from './processes.ts';
import { SimulationServer } from './server.ts';
import { Simulator } from './simulate.ts';

const [folder = '', bundlePath = '', scratch = ''] = process.argv.slice(2);
const send = (message: PlayerMessage): unknown => process.send?.(message);
const starting = Simulator.start(() => SimulationServer.start(skippedTime, bundlePath, scratch), {
  folder,
  say: (line) => send({ kind: 'line', line }),
});

/** If a held server was thrown away, the SDK may still repeat a call to it, and throws this from a timer. Nobody waits for that call. */
const closedChannel = 'Channel has been shut down';
process.on('uncaughtException', (error) => {
  if (error.message === closedChannel) return;
  console.error(error);
  process.exit(1);
});

process.on('message', async ({ seed, provider }: SeedMessage) => {
  const simulator = await starting;
  const failed = await simulator.simulate(writeScript(seed, provider));
  send({ kind: 'played', holds: failed === null });
});

process.once('disconnect', async () => {
  const simulator = await starting;
  await simulator.stop();
  process.exit();
});
