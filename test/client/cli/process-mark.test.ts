// A process is told from another one that has got its number later.

import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { isRunning, markProcess } from '../../../client/cli/process-mark.ts';
import { readOwner } from '../../../scripts/stack.ts';
import { spawnGuarded } from '../../../scripts/tools/guard.ts';

test('a process is running until it ends', async () => {
  const child = spawnGuarded('sleep', ['60']);
  const mark = markProcess(child.pid ?? 0);
  expect(mark.started).toEqual(expect.any(String));
  expect(isRunning(mark)).toBe(true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isRunning(mark)).toBe(false);
});

test('a folder of a stack is free again if the number in its file belongs to another process now', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-test-owner-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const own = (text: string): number | null => {
    writeFileSync(join(folder, 'pid'), text);
    return readOwner(folder);
  };
  const { pid, started } = markProcess(process.ppid);
  expect(own(`${pid} ${started}\n`)).toBe(pid);
  expect(own(`${pid} another boot/1\n`)).toBeNull();
  expect(own(String(pid))).toBe(pid);
  expect(own('')).toBeNull();
});

test('another process with the same number is not the one that was marked', () => {
  const { pid } = process;
  expect(isRunning({ pid, started: 'another boot/1' })).toBe(false);
  expect(isRunning({ pid, started: null })).toBe(true);
  // As earlier versions wrote it.
  expect(isRunning({ pid })).toBe(true);
});
