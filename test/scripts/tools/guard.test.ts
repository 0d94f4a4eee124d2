// What a process has started ends with it, in whatever way it ends.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';

const parentFile = new URL('guarded-parent.ts', import.meta.url).pathname;
const waiting = { timeout: 20_000, interval: 20 };

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test.each(
  (['child', 'command'] as const).flatMap((kind) =>
    (['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP'] as const).map((signal) => [kind, signal] as const),
  ),
)('a %s ends with its parent after %s', async (kind, signal) => {
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'pid');
  const parent = spawn(process.execPath, [parentFile, kind, file], { stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => void parent.kill('SIGKILL'));
  await once(parent.stdout, 'data');
  const pid = await vi.waitUntil(() => readPid(file), waiting);
  expect(isRunning(pid)).toBe(true);
  parent.kill(signal);
  await once(parent, 'exit');
  await vi.waitUntil(() => !isRunning(pid), waiting);
});

/** 0 until it is written. */
function readPid(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return 0;
  }
}
