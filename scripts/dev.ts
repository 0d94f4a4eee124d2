// `npm run dev`: dev server, emulated providers and a worker until Ctrl-C, with the state kept on disk, so that
// yesterday's jobs are still in the Web UI. `--state FOLDER` shows another state, such as the demo's.
import './plain-errors.ts';
import { relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startStack, untilAskedToEnd } from './stack.ts';
import { projectRoot } from './tools/cache.ts';
import { ensureTemporalCli } from './tools/temporal-cli.ts';

const { values } = parseArgs({
  options: {
    state: { type: 'string', default: '.nightshift/dev' },
    port: { type: 'string' },
    'ui-port': { type: 'string' },
  },
});
const folder = resolve(projectRoot, values.state);
await ensureTemporalCli();
const asked = untilAskedToEnd();
const stack = await startStack({
  folder,
  server: {
    ...(values.port && { port: Number(values.port) }),
    ...(values['ui-port'] && { uiPort: Number(values['ui-port']) }),
  },
  echo: true,
  onWorkerEnd: () =>
    console.log('\nThe worker ended; its jobs wait. Start another one with the lines above and: npm run worker\n'),
});
try {
  console.log(`\nWeb UI     ${stack.server.uiUrl}`);
  console.log(`Temporal   ${stack.server.address}`);
  console.log(`state      ${relative(projectRoot, folder)}`);
  console.log('\nIn another terminal:\n');
  for (const [name, value] of Object.entries(stack.env)) console.log(`export ${name}=${value}`);
  console.log('\nCtrl-C stops everything.\n');
  const why = await Promise.race([asked, stack.broken]);
  console.log(`\nStopping (${why}) ...`);
  if (!why.startsWith('SIG')) process.exitCode = 1;
} finally {
  await stack.stop();
}
process.exit();
