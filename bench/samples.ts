// What is measured of a process from outside: its CPU time at many points in time, and its peak memory. Linux only.

import { readFileSync } from 'node:fs';
import type { Span } from './history.ts';

const everyMs = 20;
/** The kernel counts in hundredths of a second. */
const microsecondsPerTick = 10_000;

/** CPU time of all threads so far, in microseconds, at a time in milliseconds since 1970. */
export interface CpuSample {
  readonly at: number;
  readonly cpuUs: number;
}

export interface Watch {
  readonly samples: readonly CpuSample[];
  /** CPU time since the start, in microseconds. */
  usedUs(): number;
  stop(): void;
}

export function watchCpu(pid: number): Watch {
  const samples: CpuSample[] = [];
  const take = (): void => void samples.push({ at: Date.now(), cpuUs: readCpuUs(pid) });
  take();
  const timer = setInterval(take, everyMs);
  return {
    samples,
    usedUs: () => {
      take();
      return (samples.at(-1)?.cpuUs ?? 0) - (samples[0]?.cpuUs ?? 0);
    },
    stop: () => clearInterval(timer),
  };
}

export interface MemoryWatch {
  /** The most that was seen: during the spans, or at any time. */
  peakMb(spans?: readonly Span[]): number;
  stop(): void;
}

/** For one of several things that a process does: `readPeakMb` is about all that it ever did. */
export function watchMemory(pid: number): MemoryWatch {
  const samples: { readonly at: number; readonly mb: number }[] = [];
  const timer = setInterval(() => samples.push({ at: Date.now(), mb: readRssMb(pid) }), everyMs);
  const always = [{ from: 0, to: Number.POSITIVE_INFINITY }];
  return {
    peakMb: (spans = always) =>
      Math.max(0, ...samples.flatMap(({ at, mb }) => (spans.some(({ from, to }) => at >= from && at <= to) ? mb : []))),
    stop: () => clearInterval(timer),
  };
}

/** The name of a process may hold spaces; the fields after it begin with the third. */
function readCpuUs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * microsecondsPerTick;
}

/** The peak memory of the process, as the kernel counts it. */
export const readPeakMb = (pid: number): number => readStatusMb(pid, 'VmHWM');

export const readRssMb = (pid: number): number => readStatusMb(pid, 'VmRSS');

function readStatusMb(pid: number, field: 'VmHWM' | 'VmRSS'): number {
  const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round((Number(kilobytes) * 1024) / 1e6);
}

/** The CPU time that the process used during the spans, which do not overlap. */
export function sumCpuUs(samples: readonly CpuSample[], spans: readonly Span[]): number {
  return spans.reduce((sum, { from, to }) => sum + estimateCpuUs(samples, to) - estimateCpuUs(samples, from), 0);
}

/** Between two samples, CPU time is taken to pass evenly. */
function estimateCpuUs(samples: readonly CpuSample[], at: number): number {
  const next = samples.findIndex((sample) => sample.at >= at);
  const after = samples[next] ?? samples.at(-1);
  const before = samples[next - 1] ?? after;
  if (after === undefined || before === undefined) return 0;
  if (after.at <= before.at) return after.cpuUs;
  const share = Math.min(1, (at - before.at) / (after.at - before.at));
  return before.cpuUs + share * (after.cpuUs - before.cpuUs);
}

/** How late the main thread was during the spans: of a hundred timers, one was later. In milliseconds; null if there is no sample. */
export function readLoopDelayMs(file: string, spans: readonly Span[]): number | null {
  const delays = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' ').map(Number))
    .filter(([at = 0]) => spans.some(({ from, to }) => at >= from && at <= to))
    .map(([, late = 0]) => late)
    .sort((a, b) => a - b);
  return delays[Math.min(delays.length - 1, Math.floor(delays.length * 0.99))] ?? null;
}
