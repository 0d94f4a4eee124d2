// One measurement: a job or the plain script over a dataset of the given size, on its own stack.

import { mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import type { JobReport } from '../domain/report/report.ts';
import { type Stack, startStack } from '../scripts/stack.ts';
import { projectRoot } from '../scripts/tools/cache.ts';
import { runCommand } from '../scripts/tools/command.ts';
import { readHistory } from './history.ts';
import { request } from './request.ts';
import { rowBytes, writeRows } from './rows.ts';
import { readPeakMb, watchCpu } from './samples.ts';
import { measureStages, type StageFigures } from './stages.ts';

/** How long the emulated provider takes for a batch of any size. */
export const batchSeconds = 5.4;
const emulator = { validateMs: 500, runMs: 4400, finalizeMs: 500 };
const itemsMax = 50_000;
/** The disk holds dataset, requests, the provider's copy, its output, raw answers, answers and results at the same time. */
const copies = 9;
const scriptTimeoutMs = 60 * 60_000;

/** What a measured program used. */
export interface Usage {
  readonly rows: number;
  readonly seconds: number;
  /** Without the batches' own time. */
  readonly ownSeconds: number;
  readonly cpuUsPerRow: number;
  readonly peakMb: number;
  readonly emulatorUsPerRow: number;
}

export interface JobFigures extends Usage {
  readonly stages: readonly StageFigures[];
  /** Of the batch with the longest history. */
  readonly events: number;
  readonly polls: number;
}

export interface JobOptions {
  /** 'all', or a number of threads. */
  readonly threads: string;
  /** The folder for CPU profiles of the worker and its threads; null for none. */
  readonly profiles: string | null;
}

export function measureJob(rows: number, options: JobOptions): Promise<JobFigures> {
  return withStack(rows, options, async (stack, folder) => {
    const connection = await Connection.connect({ address: stack.server.address });
    const worker = watchCpu(stack.workerPid);
    const emulator = watchCpu(stack.emulatorPid);
    try {
      const client = new Client({ connection });
      const started = performance.now();
      const start = { workflowId: 'bench', taskQueue: 'nightshift', args: [makeJob()] };
      const report: JobReport = await (await client.workflow.start('processDataset', start)).result();
      const seconds = (performance.now() - started) / 1000;
      const usage = describeUsage(rows, seconds, worker.usedUs(), readPeakMb(stack.workerPid), emulator.usedUs());
      if (report.rows.answered !== rows) throw new Error(`${rows} rows, ${report.rows.answered} answers in ${folder}`);
      const { spans, events, polls } = await readHistory(client, 'bench');
      return {
        ...usage,
        stages: measureStages(rows, spans, worker.samples, join(folder, loopFile)),
        events,
        polls,
      };
    } finally {
      worker.stop();
      emulator.stop();
      await connection.close();
    }
  });
}

export function measureScript(rows: number): Promise<Usage> {
  return withStack(rows, { threads: 'all', profiles: null }, async (stack, folder) => {
    const emulator = watchCpu(stack.emulatorPid);
    const started = performance.now();
    const script = join(projectRoot, 'bench', 'plain-script.ts');
    const result = await runCommand(process.execPath, [...process.execArgv, script, folder, String(itemsMax)], {
      cwd: projectRoot,
      env: { ...process.env, ...stack.env },
      timeoutMs: scriptTimeoutMs,
    });
    const seconds = (performance.now() - started) / 1000;
    emulator.stop();
    if (!result.ok) throw new Error(`the plain script failed: ${result.why}`);
    const printed: ScriptOutput = JSON.parse(result.output);
    if (printed.answers !== rows) throw new Error(`${rows} rows, ${printed.answers} answers of the plain script`);
    return describeUsage(rows, seconds, printed.cpuUs, printed.peakMb, emulator.usedUs());
  });
}

interface ScriptOutput {
  readonly answers: number;
  readonly cpuUs: number;
  readonly peakMb: number;
}

const describeUsage = (rows: number, seconds: number, cpuUs: number, peakMb: number, emulatorUs: number): Usage => ({
  rows,
  seconds,
  ownSeconds: seconds - batchSeconds,
  cpuUsPerRow: cpuUs / rows,
  peakMb,
  emulatorUsPerRow: emulatorUs / rows,
});

const loopFile = 'loop-delay.txt';

async function withStack<T>(
  rows: number,
  { threads, profiles }: JobOptions,
  use: (stack: Stack, folder: string) => Promise<T>,
): Promise<T> {
  const root = mkdtempSync(join(tmpdir(), 'nightshift-bench-'));
  try {
    checkRoom(root, rows);
    await writeRows(join(root, 'rows.jsonl'), rows);
    if (profiles !== null) mkdirSync(profiles, { recursive: true });
    const probe = `--import=${pathToFileURL(join(projectRoot, 'bench', 'loop-probe.ts'))}`;
    const profiling = profiles === null ? '' : ` --cpu-prof --cpu-prof-dir=${profiles}`;
    const stack = await startStack({
      folder: join(root, 'state'),
      emulatorArguments: ['--options', JSON.stringify(emulator), '--data', root],
      workerEnv: {
        NIGHTSHIFT_DATA: root,
        // An empty variable counts as not set.
        NIGHTSHIFT_THREADS: threads === 'all' ? '' : threads,
        NIGHTSHIFT_BENCH_LOOP: join(root, loopFile),
        NODE_OPTIONS: `${probe}${profiling}`,
      },
    });
    try {
      return await use(stack, root);
    } finally {
      await stack.stop();
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function checkRoom(folder: string, rows: number): void {
  const { bavail, bsize } = statfsSync(folder);
  const needed = rows * rowBytes * copies;
  if (bavail * bsize >= needed) return;
  const gb = (bytes: number): string => (bytes / 1e9).toFixed(1);
  throw new Error(`${rows} rows need ${gb(needed)} GB below ${folder}, there are ${gb(bavail * bsize)}: use --rows`);
}

function makeJob() {
  return {
    dataset: 'rows.jsonl',
    provider: 'openai',
    model: 'gpt-5.4-mini',
    request,
    batch: { maxItems: itemsMax, concurrency: 40 },
    poll: { initial: '1s', factor: 1, max: '1s' },
  };
}
