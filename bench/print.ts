// Prints the benchmark's figures for people.

import { availableParallelism, cpus } from 'node:os';
import type { Summary } from './compare.ts';
import type { EventFigures } from './gateway/measure-events.ts';
import type { IntakeFigures } from './gateway/measure-intake.ts';
import type { TierFigures } from './gateway/measure-tier.ts';
import { batchSeconds, type JobFigures, type Usage } from './measure.ts';
import type { DispatcherFigures } from './small/dispatcher.ts';
import type { StageFigures } from './stages.ts';
import type { Direction, Transfer } from './transfers.ts';

const number = (value: number): string => Math.round(value).toLocaleString('en');

export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown';
  return [
    `Node ${process.version} on ${availableParallelism()} cores (${model}).`,
    'Emulator, Temporal dev server and the measured program share them.',
  ].join('\n');
}

export const ownTimes = `Each batch takes the emulated provider ${batchSeconds} s, which "own" times leave out.`;

export function printRun(name: string, run: Usage | JobFigures): string {
  const figures = [
    `own ${run.ownSeconds.toFixed(1)} s of ${run.seconds.toFixed(1)} s`,
    `${run.cpuUsPerRow.toFixed(1)} µs of CPU per row`,
    `peak memory ${number(run.peakMb)} MB`,
    `emulator ${run.emulatorUsPerRow.toFixed(1)} µs per row`,
  ];
  const lines = [`  ${name.padEnd(18)} ${figures.join(', ')}`];
  if ('stages' in run) {
    lines.push(...run.stages.map(printStage));
    lines.push(`    longest batch history: ${run.events} events with ${run.polls} polls`);
  }
  return lines.join('\n');
}

function printStage({ stage, seconds, rowsPerSecond, cpuUsPerRow, loopDelayMs }: StageFigures): string {
  const figures = [
    `${number(rowsPerSecond).padStart(9)} rows/s`,
    `${cpuUsPerRow.toFixed(1).padStart(5)} µs of CPU per row`,
    `event loop p99 ${loopDelayMs === null ? '–' : `${Math.round(loopDelayMs)} ms`}`,
  ];
  return `    ${stage.padEnd(18)} ${seconds.toFixed(2).padStart(6)} s ${figures.join(', ')}`;
}

export function printSummary({ rows, script, jobs }: Summary, pairs: number): string {
  return [
    `\n${number(rows)} rows, medians of ${pairs} pairs`,
    printRun('plain script', script),
    ...jobs.flatMap(({ threads, job, ratio }) => [
      printRun(threads === 'all' ? 'job, all threads' : `job, threads: ${threads}`, job),
      `  ratio (threads: ${threads})  ${ratio.toFixed(2)}`,
    ]),
  ].join('\n');
}

export function printTransfer({ provider, store, up, down, memoryMb }: Transfer): string {
  const direction = (name: string, { mb, seconds }: Direction): string =>
    `${name} ${number(mb).padStart(3)} MB at ${number(mb / seconds).padStart(3)} MB/s`;
  const figures = [direction('up', up), direction('down', down)];
  const memory = `memory ${memoryMb.transfer} MB, in the whole job ${memoryMb.job} MB`;
  return `  ${provider.padEnd(14)} ${store.padEnd(4)} ${figures.join(', ')}, ${memory}`;
}

export const printDispatcher = ({ tenants, waiting, open, decisions, ...figures }: DispatcherFigures): string =>
  [
    `${waiting} waiting batches of ${tenants} tenants, ${open} open, ${decisions} decisions`,
    `  a decision: ${figures.medianMs.toFixed(1)} ms, at p99 ${figures.p99Ms.toFixed(1)} ms, at most ${figures.maxMs.toFixed(1)} ms`,
    `  fairness between equal tenants: ${figures.fairness.toFixed(3)} (Jain's index, the lowest of the priorities)`,
    `  most grants to others between two of a job: ${Object.entries(figures.longestGap)
      .map(([priority, gap]) => `${gap} for priority ${priority}`)
      .join(', ')}`,
    `  state: ${(figures.stateBytes / 1024).toFixed(0)} KB`,
  ].join('\n');

export const printEvents = ({ batches, readers, ...figures }: EventFigures): string => {
  const { medianMs, p99Ms, maxMs, restMb, idleMb, stoppedMb } = figures;
  return [
    `${number(batches)} batches, from classified to the reader: median ${number(medianMs)} ms, p99 ${number(p99Ms)} ms, most ${number(maxMs)} ms`,
    `the gateway's memory: ${number(restMb)} MB, with ${number(readers)} readers who wait ${number(idleMb)} MB, with ${number(readers)} who take nothing ${number(stoppedMb)} MB`,
  ].join('\n');
};
export function printIntake(figures: IntakeFigures): string {
  const { store, itemsPerCall, connections, calls, items, seconds, p50Ms, p99Ms, mostMs } = figures;
  const percent = (share: number): string => `${Math.round(share * 100)} %`;
  const { gatewayCpuShare, workerCpuShare, groups, runs, repeated } = figures;
  return [
    `  ${store}, calls of ${itemsPerCall}, ${connections} connections, ${Math.round(seconds)} s`,
    `    ${number(items / seconds)} items/s in ${number(calls / seconds)} calls/s, answered after ${number(p50Ms)} ms, p99 ${number(p99Ms)} ms, at most ${number(mostMs)} ms; ${number(repeated)} sent again`,
    `    ${number(groups)} groups in ${runs} runs of the queue; of a core, the gateway used ${percent(gatewayCpuShare)} and the worker ${percent(workerCpuShare)}`,
  ].join('\n');
}

export function printTier({
  items,
  seconds,
  flushes,
  lateItems,
  repeatedCalls,
  repeatedMessages,
  ...times
}: TierFigures): string {
  const inSeconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  return [
    `${number(items)} items in ${number(seconds)} s (${number(items / seconds)} items/s) and ${flushes} flushes; each was answered once`,
    `  from the call to the message: p50 ${inSeconds(times.p50Ms)}, p99 ${inSeconds(times.p99Ms)}, most ${inSeconds(times.mostMs)}`,
    `  the queue says: ${number(lateItems)} items late, ${inSeconds(times.longestMs)} for the longest`,
    `  ${number(repeatedCalls)} calls and ${number(repeatedMessages)} messages came again`,
  ].join('\n');
}
