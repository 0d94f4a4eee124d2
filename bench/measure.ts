// One measurement: a job or the plain script over a dataset of the given size, on its own stack.

import { mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import type { JobReport } from '../domain/report/report.ts';
import { type Stack, startStack } from '../scripts/stack.ts';
import { projectRoot } from '../scripts/tools/cache.ts';
import { runCommand } from '../scripts/tools/command.ts';
import { readHistory, secondsCovered } from './history.ts';
import { rowBytes, writeRows } from './rows.ts';

/** How long the emulated provider takes for a batch of any size. */
export const batchSeconds = 5;
const emulator = { validateMs: 500, runMs: 4000, finalizeMs: 500 };
const itemsMax = 25_000;
/** The disk holds dataset, requests, the provider's copy, its output, raw answers, answers and results at the same time. */
const copies = 9;
const scriptTimeoutMs = 30 * 60_000;

export interface JobFigures {
  readonly rows: number;
  readonly seconds: number;
  readonly planSeconds: number;
  readonly resultsSeconds: number;
  readonly workerPeakMb: number;
  readonly events: number;
  readonly polls: number;
}

export function measureJob(rows: number): Promise<JobFigures> {
  return withStack(rows, async (stack, folder) => {
    const connection = await Connection.connect({ address: stack.server.address });
    try {
      const client = new Client({ connection });
      const started = performance.now();
      const args = [makeJob()];
      const handle = await client.workflow.start('processDataset', {
        workflowId: 'bench',
        taskQueue: 'nightshift',
        args,
      });
      const report: JobReport = await handle.result();
      const seconds = (performance.now() - started) / 1000;
      if (report.rows.answered !== rows) throw new Error(`${rows} rows, ${report.rows.answered} answers in ${folder}`);
      const { spans, events, polls } = await readHistory(client, 'bench');
      const of = (...names: string[]): number => secondsCovered(names.flatMap((name) => spans.get(name) ?? []));
      return {
        rows,
        seconds,
        events,
        polls,
        planSeconds: of('plan'),
        resultsSeconds: of('download', 'classify') + of('merge'),
        workerPeakMb: peakMb(stack.workerPid),
      };
    } finally {
      await connection.close();
    }
  });
}

export interface ScriptFigures {
  readonly rows: number;
  readonly seconds: number;
}

export function measureScript(rows: number): Promise<ScriptFigures> {
  return withStack(rows, async (stack, folder) => {
    const started = performance.now();
    const script = join(projectRoot, 'bench', 'plain-script.ts');
    const result = await runCommand(process.execPath, [...process.execArgv, script, folder, String(itemsMax)], {
      cwd: projectRoot,
      env: { ...process.env, ...stack.env },
      timeoutMs: scriptTimeoutMs,
    });
    if (!result.ok) throw new Error(`the plain script failed: ${result.why}`);
    return { rows, seconds: (performance.now() - started) / 1000 };
  });
}

async function withStack<T>(rows: number, use: (stack: Stack, folder: string) => Promise<T>): Promise<T> {
  const root = mkdtempSync(join(tmpdir(), 'nightshift-bench-'));
  try {
    checkRoom(root, rows);
    await writeRows(join(root, 'rows.jsonl'), rows);
    const stack = await startStack({
      folder: join(root, 'state'),
      emulatorArguments: ['--options', JSON.stringify(emulator), '--data', root],
      workerEnv: { NIGHTSHIFT_DATA: root },
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

/** The peak memory of the process, as the kernel counts it. */
function peakMb(pid: number): number {
  const peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(peak) / 1000);
}

function makeJob() {
  return {
    dataset: 'rows.jsonl',
    provider: 'openai',
    model: 'gpt-5.4-mini',
    request: {
      messages: [
        { role: 'system', content: 'Classify the ticket as bug, feature or question.' },
        { role: 'user', content: '{{ text }}' },
      ],
      max_completion_tokens: 16,
    },
    batch: { maxItems: itemsMax, concurrency: 40 },
    poll: { initial: '1s', factor: 1, max: '1s' },
  };
}
