// The figures of a job's stages, from its history and from what was measured of its worker meanwhile.

import { joinSpans, type Span, sumSeconds } from './history.ts';
import { type CpuSample, readLoopDelayMs, sumCpuUs } from './samples.ts';

/** The activities that do the work of a stage. Batches are collected in parallel, and so are stages of different batches. */
const activities = {
  plan: ['plan'],
  upload: ['stage'],
  collect: ['download', 'classify'],
  merge: ['merge'],
  report: ['report'],
} as const;

export type StageName = keyof typeof activities;

export interface StageFigures {
  readonly stage: StageName | 'collect and merge';
  readonly seconds: number;
  readonly rowsPerSecond: number;
  /** Of the whole worker while the stage ran, other stages of other batches included. */
  readonly cpuUsPerRow: number;
  /** At p99; null if the stage was too short to be sampled. */
  readonly loopDelayMs: number | null;
}

export function measureStages(
  rows: number,
  spans: ReadonlyMap<string, readonly Span[]>,
  samples: readonly CpuSample[],
  loopFile: string,
): StageFigures[] {
  const find = (...names: StageName[]): Span[] =>
    joinSpans(names.flatMap((name) => activities[name].flatMap((activity) => spans.get(activity) ?? [])));
  const measure = (stage: StageFigures['stage'], during: readonly Span[]): StageFigures => {
    const seconds = sumSeconds(during);
    return {
      stage,
      seconds,
      rowsPerSecond: rows / seconds,
      cpuUsPerRow: sumCpuUs(samples, during) / rows,
      loopDelayMs: readLoopDelayMs(loopFile, during),
    };
  };
  return [
    measure('plan', find('plan')),
    measure('upload', find('upload')),
    measure('collect', find('collect')),
    measure('merge', find('merge')),
    measure('report', find('report')),
    measure('collect and merge', [...find('collect'), ...find('merge')]),
  ];
}
