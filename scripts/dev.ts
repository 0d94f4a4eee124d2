// `npm run dev`: dev server, emulated providers and a worker until Ctrl-C. Everything is kept on disk, so that the next start continues the
// jobs that were running. Commands in the same folder find the stack by themselves.
import './plain-errors.ts';
import { relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readStack } from '../client/cli/dev-stack.ts';
import { isReady, nameCommand, readOwner, startStack, startWorker, untilAskedToEnd } from './stack.ts';
import { projectRoot } from './tools/cache.ts';
import { readableLine } from './tools/readable-line.ts';
import { choosePorts } from './tools/stack-ports.ts';
import { ensureTemporalCli } from './tools/temporal-cli.ts';

const help = `npm run dev -- [options]

  --state FOLDER   where everything is kept; default .nightshift/dev
  --port N         Temporal's port; default: the port used before, else 7233, else any free one
  --ui-port N      the Web UI's port; default: the port used before, else 8233, else any free one
  --worker         start only another worker for the stack that runs, for example after killing its first one
  --json           print the logs as the worker writes them, and what to connect to as one line of JSON`;

const { values } = parseArgs({
  options: {
    state: { type: 'string', default: '.nightshift/dev' },
    port: { type: 'string' },
    'ui-port': { type: 'string' },
    worker: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const folder = resolve(projectRoot, values.state);
const shownFolder = relative(projectRoot, folder);
const asked = untilAskedToEnd();

if (values.help) {
  console.log(help);
} else if (values.worker) {
  await runWorker();
} else {
  await runStack();
}
process.exit();

async function runStack(): Promise<void> {
  const before = readStack(folder);
  if (before !== null && readOwner(folder) === null) say('Continuing what an earlier run left ...');
  await ensureTemporalCli();
  const ports = await choosePorts({ temporal: readPort('port'), ui: readPort('ui-port') }, before?.ports ?? {});
  const stack = await startStack({ folder, ports, keepEmulator: true, echo: show, onWorkerEnd: sayWorkerEnded });
  try {
    if (values.json) {
      console.log(JSON.stringify({ uiUrl: stack.server.uiUrl, state: folder, env: stack.env }));
    } else {
      describe(stack.server.uiUrl, stack.env);
    }
    const why = await Promise.race([asked, stack.broken]);
    say(`\nStopping (${why}) ...`);
    if (!why.startsWith('SIG')) process.exitCode = 1;
  } finally {
    await stack.stop();
  }
}

async function runWorker(): Promise<void> {
  const stack = readOwner(folder) === null ? null : readStack(folder);
  if (stack === null) throw new Error(`No stack runs in ${shownFolder}: start it with npm run dev.`);
  // A worker may serve another task queue of the same stack.
  const { NIGHTSHIFT_TASK_QUEUE: taskQueue } = process.env;
  const worker = startWorker(
    { ...stack.env, ...(taskQueue && { NIGHTSHIFT_TASK_QUEUE: taskQueue }) },
    { folder, echo: show },
  );
  try {
    await Promise.race([worker.waitForLine(isReady, 120_000), asked]);
    const why = await Promise.race([asked, worker.ended]);
    if (!why.startsWith('SIG')) throw new Error(why);
  } finally {
    await worker.stop();
  }
}

function describe(uiUrl: string, env: Readonly<Record<string, string>>): void {
  console.log(`
Web UI     ${uiUrl}
Temporal   ${env.TEMPORAL_ADDRESS}
state      ${shownFolder} (delete it to start from nothing)

In another terminal, in this folder: ${nameCommand(folder, env.TEMPORAL_ADDRESS)} run examples/tickets.json
Ctrl-C stops everything. Running jobs continue at the next start.
`);
}

function sayWorkerEnded(): void {
  const state = values.state === '.nightshift/dev' ? '' : ` --state ${values.state}`;
  say(`\nThe worker ended; its jobs wait. Start another one with: npm run dev -- --worker${state}\n`);
}

function readPort(name: 'port' | 'ui-port'): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text) && Number(text) > 0 && Number(text) < 65_536) return Number(text);
  throw new Error(`--${name} ${text} is not a port: give a number from 1 to 65535.`);
}

function say(text: string): void {
  if (!values.json) console.log(text);
}

function show(name: string, line: string): void {
  const text = values.json ? line : readableLine(name, line);
  if (text !== null) process.stderr.write(`${text}\n`);
}
