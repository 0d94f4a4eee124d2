// The benchmark runs from beginning to end, on a small dataset; `npm run bench` measures the real figures.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('the benchmark measures a job and the plain script', { timeout: 120_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['bench/main.ts', '--rows', '2000']);
  expect(stdout).toMatch(/plain script, 2,000 rows/);
  for (const figure of ['plan', 'download, classify, merge']) {
    expect(stdout).toMatch(new RegExp(`${figure} +[\\d,]+ rows/s`));
  }
  expect(stdout).toMatch(/peak memory +\d+ MB/);
  expect(stdout).toMatch(/times as long as the plain script/);
});
