// Shows a job in the demo: a progress line while it runs, and the files it wrote at the end.
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { WorkflowHandle } from '@temporalio/client';
import type { JobStatus } from '../domain/progress/status.ts';

const files = ['results.jsonl', 'failures.jsonl', 'report.json', 'report.html'];

/** Follows the job with its `status` query until it ends. Returns its result; rejects if the job fails. */
export async function follow(handle: WorkflowHandle, pause: () => Promise<unknown>): Promise<unknown> {
  let running = true;
  const result = handle.result().finally(() => {
    running = false;
  });
  // `result` is awaited below. Without this, Node would report an early failure as an unhandled rejection.
  result.catch(() => undefined);
  const started = Date.now();
  for (let shown = ''; running; await pause()) {
    const line = await progressLine(handle).catch(() => undefined);
    if (!running || line === undefined || line === shown) continue;
    shown = line;
    show(`${((Date.now() - started) / 1000).toFixed(0).padStart(3)} s  ${line}`);
  }
  if (process.stdout.isTTY) process.stdout.write('\n');
  return result;
}

async function progressLine(handle: WorkflowHandle): Promise<string> {
  const { phase, rows, items, batches } = await handle.query<JobStatus>('status');
  const answered = `${items.answered} of ${rows.accepted} rows answered`;
  return `${phase.padEnd(11)} ${answered}, ${items.failed} failed, batches ${batches.done} of ${batches.planned} done`;
}

/** In a terminal the line is rewritten in place; in a log each change is a line of its own. */
function show(line: string): void {
  if (process.stdout.isTTY) {
    process.stdout.write(`\r\u001b[K${line}`);
  } else {
    console.log(line);
  }
}

export async function printOutcome(result: unknown, output: string, shorten: (path: string) => string): Promise<void> {
  console.log("\nThe workflow's result, without its list of the most expensive rows:");
  console.log(JSON.stringify(result, (name, value) => (name === 'dearestRows' ? undefined : value), 2));
  console.log('\nWhat it wrote:');
  for (const name of files) {
    const file = join(output, name);
    const { lines } = await readLines(file);
    console.log(`  ${shorten(file).padEnd(48)} ${existsSync(file) ? `${lines} lines` : 'not written'}`);
  }
  const { first } = await readLines(join(output, 'results.jsonl'));
  if (first) console.log(`\nOne result:\n${first}`);
}

async function readLines(file: string): Promise<{ lines: number; first: string }> {
  if (!existsSync(file)) return { lines: 0, first: '' };
  let lines = 0;
  let first = '';
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (lines === 0) first = line;
    lines += 1;
  }
  return { lines, first };
}
