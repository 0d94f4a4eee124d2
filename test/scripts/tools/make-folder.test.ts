// Folders are made, or it is said why not.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeFolder } from '../../../scripts/tools/make-folder.ts';

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-test-make-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('a folder is made with those above it, and twice is as good as once', () => {
  const deep = join(newFolder(), 'a', 'b', 'c');
  makeFolder(deep);
  makeFolder(deep);
  expect(statSync(deep).isDirectory()).toBe(true);
});

test('a file in the way is named', () => {
  const file = join(newFolder(), 'file');
  writeFileSync(file, '');
  expect(() => makeFolder(join(file, 'below'))).toThrow(`The folder ${file} cannot be made (EEXIST)`);
});

test.runIf(existsSync('/proc/self'))('where the system allows no folder, it ends with a message', () => {
  // In a process of its own: if it did not end, this one would not either.
  const program = "import { makeFolder } from './scripts/tools/make-folder.ts'; makeFolder('/proc/nightshift-test')";
  const run = () =>
    execFileSync(process.execPath, ['--input-type=module', '-e', program], { timeout: 20_000, stdio: 'pipe' });
  expect(run).toThrow('The folder /proc/nightshift-test cannot be made (ENOENT)');
});
