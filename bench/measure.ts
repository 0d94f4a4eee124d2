// One measurement: a job or the plain script over a dataset of the given size, on its own stack.

import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import type { JobReport } from '../domain/report/report.ts';
import { projectRoot } from '../scripts/tools/cache.ts';
import { runCommand } from '../scripts/tools/command.ts';
import { readHistory } from './history.ts';
import { request } from './request.ts';
import { rowBytes } from './rows.ts';
import { readPeakMb, watchCpu } from './samples.ts';
import { measureStages, type StageFigures } from './stages.ts';
import type { BenchStore } from './stores.ts';
import { datasetName, type Setting, withStack } from './with-stack.ts';

/** How long the emulated provider takes for a batch of any size. */
export const batchSeconds = 5.4;
const emulator = { validateMs: 500, runMs: 4400, finalizeMs: 500 };
const itemsMax = 50_000;
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

export type JobOptions = Pick<Setting, 'threads' | 'profiles' | 'store'>;

export function measureJob(rows: number, options: JobOptions): Promise<JobFigures> {
  return withStack({ ...options, rows, rowBytes, emulator }, async ({ stack, store, folder, loopFile }) => {
    const connection = await Connection.connect({ address: stack.server.address });
    const worker = watchCpu(stack.workerPid);
    const emulator = watchCpu(stack.emulatorPid);
    try {
      const client = new Client({ connection });
      const started = performance.now();
      const start = { workflowId: 'bench', taskQueue: 'nightshift', args: [makeJob(store)] };
      const report: JobReport = await (await client.workflow.start('processDataset', start)).result();
      const seconds = (performance.now() - started) / 1000;
      const usage = describeUsage(rows, seconds, worker.usedUs(), readPeakMb(stack.workerPid), emulator.usedUs());
      if (report.rows.answered !== rows) throw new Error(`${rows} rows, ${report.rows.answered} answers in ${folder}`);
      const { spans, events, polls } = await readHistory(client, 'bench');
      return { ...usage, stages: measureStages(rows, spans, worker.samples, loopFile), events, polls };
    } finally {
      worker.stop();
      emulator.stop();
      await connection.close();
    }
  });
}

export function measureScript(rows: number): Promise<Usage> {
  const setting = { rows, rowBytes, emulator, store: 'disk', threads: 'all', profiles: null } as const;
  return withStack(setting, async ({ stack, folder }) => {
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

function makeJob({ root }: BenchStore) {
  return {
    dataset: `${root}${datasetName}`,
    output: `${root}out/`,
    provider: 'openai',
    model: 'gpt-5.4-mini',
    request,
    batch: { maxItems: itemsMax, concurrency: 40 },
    poll: { initial: '1s', factor: 1, max: '1s' },
  };
}
