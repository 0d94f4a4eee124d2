// How the benchmark computes its figures: time that stages cover, CPU time within it, delays within it, medians over pairs.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { comparePair, median, summarize } from '../../bench/compare.ts';
import { joinSpans, sumSeconds } from '../../bench/history.ts';
import type { JobFigures, Usage } from '../../bench/measure.ts';
import { readLoopDelayMs, sumCpuUs, watchCpu } from '../../bench/samples.ts';
import { measureStages } from '../../bench/stages.ts';

function writeDelays(lines: readonly (readonly [at: number, late: number])[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'delays.txt');
  writeFileSync(file, lines.map((line) => `${line.join(' ')}\n`).join(''));
  return file;
}

test('spans that overlap or touch are one, and a span inside another adds nothing', () => {
  const spans = [
    { from: 500, to: 900 },
    { from: 0, to: 300 },
    { from: 600, to: 700 },
    { from: 300, to: 400 },
  ];
  expect(joinSpans(spans)).toEqual([
    { from: 0, to: 400 },
    { from: 500, to: 900 },
  ]);
  expect(sumSeconds(joinSpans(spans))).toBeCloseTo(0.8);
});

test('CPU time within spans is interpolated between samples, and ends with the last one', () => {
  const samples = [
    { at: 0, cpuUs: 1000 },
    { at: 100, cpuUs: 1000 },
    { at: 200, cpuUs: 3000 },
  ];
  expect(sumCpuUs(samples, [{ from: 0, to: 150 }])).toBe(1000);
  expect(sumCpuUs(samples, [{ from: 150, to: 900 }])).toBe(1000);
  expect(
    sumCpuUs(samples, [
      { from: 100, to: 125 },
      { from: 175, to: 200 },
    ]),
  ).toBe(1000);
});

test('the CPU time of a process is counted from outside', () => {
  const watch = watchCpu(process.pid);
  const end = process.cpuUsage().user + 200_000;
  while (process.cpuUsage().user < end);
  watch.stop();
  expect(watch.usedUs()).toBeGreaterThan(150_000);
});

test('the p99 of delays is taken within the spans only', () => {
  const calm = Array.from({ length: 198 }, (_, index) => [index, 1] as const);
  const file = writeDelays([...calm, [198, 40], [199, 50], [500, 900]]);
  expect(readLoopDelayMs(file, [{ from: 0, to: 300 }])).toBe(40);
  expect(readLoopDelayMs(file, [{ from: 400, to: 600 }])).toBe(900);
  expect(readLoopDelayMs(file, [{ from: 300, to: 400 }])).toBe(null);
});

test('a stage has the time that its activities cover, and collect and merge together', () => {
  const spans = new Map([
    ['plan', [{ from: 0, to: 1000 }]],
    [
      'download',
      [
        { from: 2000, to: 3000 },
        { from: 2500, to: 3500 },
      ],
    ],
    ['classify', [{ from: 3500, to: 4000 }]],
    ['merge', [{ from: 4000, to: 5000 }]],
  ]);
  const samples = [
    { at: 0, cpuUs: 0 },
    { at: 5000, cpuUs: 5_000_000 },
  ];
  const stages = measureStages(1000, spans, samples, writeDelays([[500, 7]]));
  const find = (name: string) => stages.find(({ stage }) => stage === name);
  expect(find('plan')).toEqual({ stage: 'plan', seconds: 1, rowsPerSecond: 1000, cpuUsPerRow: 1000, loopDelayMs: 7 });
  expect(find('collect')).toMatchObject({ seconds: 2, rowsPerSecond: 500, cpuUsPerRow: 2000, loopDelayMs: null });
  expect(find('collect and merge')).toMatchObject({ seconds: 3, cpuUsPerRow: 3000 });
});

const usage = (ownSeconds: number): Usage => ({
  rows: 10,
  seconds: ownSeconds + 5.4,
  ownSeconds,
  cpuUsPerRow: ownSeconds,
  peakMb: 100,
  emulatorUsPerRow: 1,
});
const job = (ownSeconds: number): JobFigures => ({ ...usage(ownSeconds), stages: [], events: 1, polls: 1 });

test('a ratio compares times without the batches’ own time, and the median is that of the pairs', () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
  const pairs = [
    comparePair(usage(2), [{ threads: 'all', job: job(3) }]),
    comparePair(usage(4), [{ threads: 'all', job: job(4) }]),
    comparePair(usage(1), [{ threads: 'all', job: job(9) }]),
  ];
  expect(pairs.map(({ jobs }) => jobs[0]?.ratio)).toEqual([1.5, 1, 9]);
  const summary = summarize(10, pairs);
  expect(summary.script.ownSeconds).toBe(2);
  expect(summary.jobs.map(({ threads, ratio, job: { ownSeconds } }) => [threads, ratio, ownSeconds])).toEqual([
    ['all', 1.5, 4],
  ]);
});
