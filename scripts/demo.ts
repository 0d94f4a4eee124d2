// `npm run demo`: one job over 10,000 rows, from nothing to results in about 15 seconds, without any account. Starts a dev server,
// emulated providers with a few faults and a worker, and starts the job with the Temporal CLI as a user would.
import './plain-errors.ts';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { demoRow } from './demo-rows.ts';
import { follow, printOutcome } from './demo-view.ts';
import { readOwner, type Stack, startStack, untilAskedToEnd } from './stack.ts';
import { projectRoot } from './tools/cache.ts';
import { runCommand } from './tools/command.ts';
import { ensureTemporalCli } from './tools/temporal-cli.ts';

const rowCount = 10_000;
const demoId = 'demo';
const startTimeoutMs = 30_000;
const demoFolder = join(projectRoot, '.nightshift', 'demo');
const dataFolder = join(demoFolder, 'data');

// Real batches take hours; these take seconds. Some items fail, so that the retry round has something to do.
const emulatorOptions = { itemErrors: { rate500: 0.003, rate429: 0.002 }, validateMs: 300, runMs: 3000 };

const demoJob = {
  dataset: 'tickets.jsonl',
  provider: 'openai',
  model: 'gpt-5.4-mini',
  request: {
    messages: [
      { role: 'system', content: 'Classify the ticket as bug, feature or question.' },
      { role: 'user', content: '{{ text }}' },
    ],
    max_completion_tokens: 16,
  },
  output: 'results/',
  batch: { maxItems: 2500 },
  poll: { initial: '1s', max: '1s' },
  retry: { backoff: '1s' },
};

const { values } = parseArgs({ options: { keep: { type: 'boolean', default: false } } });
await ensureTemporalCli();
const asked = untilAskedToEnd();
console.log('Starting a Temporal dev server, emulated providers and a worker ...');
const stack = await startStack({
  folder: prepareFolder(),
  emulatorArguments: ['--options', JSON.stringify(emulatorOptions)],
  workerEnv: { NIGHTSHIFT_DATA: dataFolder },
});
try {
  const why = await Promise.race([asked, stack.broken, runDemo(stack).then(() => 'done')]);
  if (why !== 'done') throw new Error(`The demo was interrupted: ${why}`);
  if (values.keep) {
    console.log('\nServer, emulator and worker keep running so that you can open the Web UI. Ctrl-C stops them.');
    await Promise.race([asked, stack.broken]);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.error(`The logs of server, emulator and worker are in ${relative(projectRoot, demoFolder)}.`);
  process.exitCode = 1;
} finally {
  await stack.stop();
}
process.exit();

async function runDemo({ server }: Stack): Promise<void> {
  const job = writeInput();
  const page = `${server.uiUrl}/namespaces/default/workflows/${demoId}`;
  await startJob(server.address, job);
  console.log(`\nWeb UI: ${page}\n`);
  const connection = await Connection.connect({ address: server.address });
  try {
    const handle = new Client({ connection }).workflow.getHandle(demoId);
    const result = await follow(handle, () => sleep(500));
    await printOutcome(result, join(dataFolder, demoJob.output), (path) => relative(projectRoot, path));
  } finally {
    await connection.close();
  }
  if (!values.keep) {
    console.log(
      `\nTo see the job in the Web UI: npm run demo -- --keep, or npm run dev -- --state ${relative(projectRoot, demoFolder)}`,
    );
  }
}

/** Empties the folder, so that each demo starts from nothing. If another demo uses the folder, startStack refuses it. */
function prepareFolder(): string {
  if (readOwner(demoFolder) === null) rmSync(demoFolder, { recursive: true, force: true });
  mkdirSync(dataFolder, { recursive: true });
  return demoFolder;
}

function writeInput(): string {
  const rows = Array.from({ length: rowCount }, (_, index) => JSON.stringify(demoRow(index)));
  writeFileSync(join(dataFolder, demoJob.dataset), `${rows.join('\n')}\n`);
  const file = join(dataFolder, 'job.json');
  const text = JSON.stringify(demoJob, null, 2);
  writeFileSync(file, `${text}\n`);
  console.log(
    `\n${rowCount} rows are in ${relative(projectRoot, join(dataFolder, demoJob.dataset))}. The job, ${relative(projectRoot, file)}:\n${text}\n`,
  );
  return file;
}

async function startJob(address: string, file: string): Promise<void> {
  const cli = await ensureTemporalCli();
  const what = ['--task-queue', 'nightshift', '--type', 'processDataset', '--workflow-id', demoId];
  const args = ['workflow', 'start', ...what, '--input-file', relative(projectRoot, file)];
  console.log(`$ temporal ${args.join(' ')}`);
  const result = await runCommand(cli, [...args, '--address', address], {
    cwd: projectRoot,
    timeoutMs: startTimeoutMs,
  });
  if (!result.ok) throw new Error(`The Temporal CLI could not start the job: ${result.why}`);
}
