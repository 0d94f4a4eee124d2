// `npm run pictures`: takes the pictures of the docs again: a job in a terminal, in the Temporal Web UI while it runs and after, and its report, and on
// the gateway's page.
import './plain-errors.ts';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { chromium, type Page } from 'playwright-core';
import { readGatewayConfig } from '../client/gateway/config.ts';
import { serveGateway } from '../client/gateway/serve.ts';
import { Nightshift } from '../client/index.ts';
import { createStore } from '../storage/registry.ts';
import { demoRow } from './demo-rows.ts';
import { startStack } from './stack.ts';
import { projectRoot } from './tools/cache.ts';
import { ensureChromium } from './tools/chromium.ts';
import { spawnGuarded } from './tools/guard.ts';
import { renderScreen } from './tools/terminal-screen.ts';

const rowCount = 6000;
const picturesFolder = join(projectRoot, '.nightshift', 'pictures');
const dataFolder = join(picturesFolder, 'data');
const outFolder = join(projectRoot, 'docs', 'pictures');
const windowSize = { width: 1280, height: 860 };
const limitMs = 120_000;

// Batches of different lengths, and enough failures for a retry round and an alert.
const emulatorOptions = { itemErrors: { rate500: 0.02, rate400: 0.06, failTimes: 1 }, validateMs: 1000, runMs: 12_000 };
const picturesJob = {
  dataset: 'tickets.jsonl',
  provider: 'openai',
  model: 'gpt-5.4-mini',
  request: { messages: [{ role: 'user', content: 'Classify: {{ text }}' }], max_completion_tokens: 16 },
  batch: { maxItems: 500, concurrency: 5 },
  budget: { usd: 2 },
  poll: { initial: '2s', max: '4s' },
  retry: { backoff: '3s' },
};

rmSync(picturesFolder, { recursive: true, force: true });
mkdirSync(dataFolder, { recursive: true });
mkdirSync(outFolder, { recursive: true });
const rows = Array.from({ length: rowCount }, (_, index) => JSON.stringify(demoRow(index)));
writeFileSync(join(dataFolder, picturesJob.dataset), `${rows.join('\n')}\n`);

const stack = await startStack({
  folder: picturesFolder,
  emulatorArguments: ['--options', JSON.stringify(emulatorOptions)],
  workerEnv: { NIGHTSHIFT_DATA: dataFolder },
});
const browser = await chromium.launch({
  executablePath: await ensureChromium(),
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
});
const connection = await Connection.connect({ address: stack.server.address });
try {
  await takeAll(new Client({ connection }), `${stack.server.uiUrl}/namespaces/default`);
} finally {
  await connection.close();
  await browser.close();
  await stack.stop();
}
process.exit();

async function takeAll(client: Client, ui: string): Promise<void> {
  const page = await browser.newPage({ viewport: windowSize, deviceScaleFactor: 1 });
  const handle = await client.workflow.start('processDataset', {
    workflowId: 'tickets',
    taskQueue: 'nightshift',
    args: [picturesJob],
    staticSummary: 'gpt-5.4-mini at openai: tickets.jsonl',
    staticDetails: 'Classifies the tickets of yesterday.',
  });
  const bars = runOnTerminal('watch tickets', 14_000);
  await sleep(14_000);
  await takeTerminal(page, await bars, await runOnTerminal('status tickets', 10_000));
  const job = `${ui}/workflows/tickets`;
  await take(page, `${ui}/workflows?query=${encodeURIComponent('WorkflowType="processDataset"')}`, 'list', 'tickets');
  await take(page, job, 'running', 'rows answered', /^User Metadata/);
  await take(page, job, 'relationships', 'batch-0005', /^Relationships/);
  await takeGateway(page, client);
  await Promise.race([handle.result(), sleep(limitMs)]);
  await take(page, job, 'finished', 'Results', /^User Metadata/);
  await page.setViewportSize({ ...windowSize, height: 1500 });
  await take(page, `${ui}/workflows/tickets%2Fwave-1%2Fbatch-0001`, 'batch', 'look');
  await page.setViewportSize(windowSize);
  const report = pathToFileURL(join(dataFolder, 'runs', 'tickets', 'report.html')).href;
  await take(page, report, 'report', 'Outcomes');
}

async function takeGateway(page: Page, client: Client): Promise<void> {
  const jobs = new Nightshift(client, { dataRoot: dataFolder, webUi: stack.server.uiUrl });
  const store = createStore({ dataRoot: dataFolder, s3PathStyle: true });
  const parts = { jobs, store, config: readGatewayConfig(null), secret: Buffer.alloc(32), now: Date.now };
  const { url, drain } = await serveGateway({ ...parts, log: console.error }, { host: '127.0.0.1', port: 0 });
  await take(page, `${url}/#/jobs/tickets`, 'page', 'came since the page was opened');
  await page.goto('about:blank');
  await drain();
}

/** What stands on a terminal of 80 columns after that time, or when the command has ended. */
async function runOnTerminal(command: string, limit: number): Promise<string> {
  const main = join(projectRoot, 'client', 'cli', 'main.ts');
  const line = `stty cols 80; exec '${process.execPath}' '${main}' ${command}`;
  const child = spawnGuarded('script', ['-qec', line, '/dev/null'], {
    env: { ...process.env, ...stack.env, TERM: 'xterm', SHELL: '/bin/sh' },
    detached: true,
  });
  const timer = setTimeout(() => child.kill(), limit);
  const written = await readAll(child.stdout);
  clearTimeout(timer);
  return `$ ./nightshift ${command}\n${renderScreen(written)}`;
}

async function takeTerminal(page: Page, ...screens: readonly string[]): Promise<void> {
  const escaped = screens.join('\n\n').replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const style = 'background:#16181d;color:#d8dee9;font:15px/1.4 monospace;padding:24px;margin:0;display:inline-block';
  await page.setContent(`<body style="margin:0"><pre style="${style}">${escaped}</pre></body>`);
  const path = join(outFolder, 'terminal.png');
  await page.locator('pre').screenshot({ path });
  console.log(relative(projectRoot, path));
}

async function take(page: Page, url: string, name: string, text: string, tab?: RegExp): Promise<void> {
  await page.goto(url);
  if (tab !== undefined) await page.getByText(tab).first().click();
  await untilSeen(page, text);
  // Wait for what is still being drawn.
  await sleep(1000);
  const path = join(outFolder, `${name}.png`);
  await page.screenshot({ path });
  console.log(relative(projectRoot, path));
}

/** The Web UI shows the details that a workflow wrote in a separate frame. */
async function untilSeen(page: Page, text: string): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const texts = await Promise.all(page.frames().map((frame) => frame.content().catch(() => '')));
    if (texts.some((each) => each.includes(text))) return;
    await sleep(200);
  }
  throw new Error(`"${text}" is nowhere on ${page.url()}`);
}
