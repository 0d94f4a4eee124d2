// Loaded into a measured worker before its own code: writes how late the main thread's timers were, as lines of time and delay in milliseconds.

import { appendFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const everyMs = 10;
const writeEveryMs = 500;

const file = process.env.NIGHTSHIFT_BENCH_LOOP;
// The worker's threads and child processes load this file too.
if (file !== undefined && isMainThread && process.argv[1]?.endsWith('worker/main.ts')) record(file);

function record(path: string): void {
  let lines: string[] = [];
  let last = performance.now();
  let writtenAt = last;
  setInterval(() => {
    const now = performance.now();
    lines.push(`${Date.now()} ${Math.max(0, now - last - everyMs).toFixed(2)}\n`);
    last = now;
    if (now - writtenAt < writeEveryMs) return;
    appendFileSync(path, lines.join(''));
    lines = [];
    writtenAt = now;
  }, everyMs).unref();
}
