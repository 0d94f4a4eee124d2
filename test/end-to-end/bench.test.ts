// The benchmark runs from beginning to end, on a small dataset; `npm run bench` measures the real figures.

import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import type { Pair, Summary } from '../../bench/compare.ts';
import type { Transfer } from '../../bench/transfers.ts';
import { whichCommand } from '../../scripts/tools/command.ts';

const bench = (...args: string[]) => promisify(execFile)(process.execPath, ['bench/main.ts', ...args]);

test('the benchmark measures the plain script, and jobs with all threads and with one', {
  timeout: 150_000,
}, async () => {
  const { stdout } = await bench('--rows', '2000', '--json');
  const { sizes }: { sizes: (Summary & { pairs: Pair[] })[] } = JSON.parse(stdout);
  expect(sizes.map(({ rows, pairs }) => [rows, pairs.length])).toEqual([[2000, 1]]);
  const [size] = sizes;
  if (size === undefined) throw new Error('no figures');
  const { script, jobs } = size;
  expect(jobs.map(({ threads }) => threads)).toEqual(['all', '1']);
  for (const { job, ratio } of jobs) {
    expect(ratio).toBeCloseTo(job.ownSeconds / script.ownSeconds);
    expect(job.stages.map(({ stage }) => stage)).toEqual([
      'plan',
      'upload',
      'collect',
      'merge',
      'report',
      'collect and merge',
    ]);
    const worked = job.stages.filter(({ stage }) => stage === 'plan' || stage === 'collect and merge');
    for (const { rowsPerSecond, cpuUsPerRow, loopDelayMs } of worked) {
      expect(rowsPerSecond).toBeGreaterThan(0);
      expect(cpuUsPerRow).toBeGreaterThan(0);
      expect(loopDelayMs).toBeGreaterThanOrEqual(0);
    }
    expect(job.cpuUsPerRow).toBeGreaterThan(worked.reduce((sum, stage) => sum + stage.cpuUsPerRow, 0));
  }
  for (const { peakMb, cpuUsPerRow, emulatorUsPerRow, seconds } of [script, ...jobs.map(({ job }) => job)]) {
    expect(peakMb).toBeGreaterThan(50);
    expect(cpuUsPerRow).toBeGreaterThan(1);
    expect(emulatorUsPerRow).toBeGreaterThan(0);
    expect(seconds).toBeGreaterThan(5.4);
  }
});

test('the benchmark prints figures for people, and writes profiles of the worker and its threads', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const { stdout } = await bench('--rows', '1000', '--threads', '1', '--profile', '--folder', folder);
  expect(stdout).toMatch(
    /1,000 rows, pair 1 of 1\n {2}plain script +own [\d.-]+ s of [\d.]+ s, [\d.]+ µs of CPU per row/,
  );
  expect(stdout).toMatch(/job, threads: 1 +own .+ peak memory \d+ MB/);
  expect(stdout).toMatch(/plan +[\d.]+ s +[\d,]+ rows\/s, +[\d.]+ µs of CPU per row, event loop p99/);
  expect(stdout).toMatch(/ratio \(threads: 1\) +[\d.]+/);
  const threads = readdirSync(join(folder, '1000-rows', 'pair-1-threads-1')).map((name) => name.split('.')[4]);
  // The main thread, and at least the one that runs the workflows.
  expect(threads).toContain('0');
  expect(threads).toContain('1');
}, 150_000);

test.runIf(whichCommand('go') !== undefined)(
  'the benchmark compares a job from S3 to S3 with one on disk, stage by stage',
  async () => {
    const { stdout } = await bench('--rows', '1000', '--stores', 'disk,s3');
    expect(stdout).toMatch(/job on disk +own .+\n +plan .+µs of CPU per row/);
    expect(stdout).toMatch(/job on s3 +own .+\n +plan .+µs of CPU per row/);
    expect(stdout).toMatch(/ratio \(s3 to disk\) +[\d.]+/);
  },
  150_000,
);

test('the benchmark measures a batch up and down through a provider that takes a file, and one that takes requests', async () => {
  const { stdout } = await bench(
    '--transfers',
    '--megabytes',
    '2',
    '--providers',
    'anthropic,openai',
    '--stores',
    'disk',
    '--json',
  );
  const { transfers }: { transfers: Transfer[] } = JSON.parse(stdout);
  expect(transfers.map(({ provider, store }) => [provider, store])).toEqual([
    ['anthropic', 'disk'],
    ['openai', 'disk'],
  ]);
  for (const { up, down, memoryMb } of transfers) {
    for (const { mb, seconds } of [up, down]) {
      expect(mb).toBeGreaterThan(1.5);
      expect(seconds).toBeGreaterThan(0);
    }
    expect(memoryMb.transfer).toBeGreaterThan(50);
    expect(memoryMb.job).toBeGreaterThanOrEqual(memoryMb.transfer);
  }
}, 150_000);
