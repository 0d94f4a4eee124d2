// Compares the jobs of a pair with its plain script, and takes medians over pairs.

import type { JobFigures, Usage } from './measure.ts';
import type { StageFigures } from './stages.ts';

export interface ComparedJob {
  /** 'all', or a number of threads. */
  readonly threads: string;
  readonly job: JobFigures;
  /** The job's time by the script's, both without the batches' own time. */
  readonly ratio: number;
}

export interface Pair {
  readonly script: Usage;
  readonly jobs: readonly ComparedJob[];
}

export function comparePair(script: Usage, jobs: readonly Omit<ComparedJob, 'ratio'>[]): Pair {
  return { script, jobs: jobs.map((each) => ({ ...each, ratio: each.job.ownSeconds / script.ownSeconds })) };
}

export interface Summary {
  readonly rows: number;
  readonly script: Usage;
  readonly jobs: readonly ComparedJob[];
}

/** Each figure is the median over the pairs by itself. */
export function summarize(rows: number, pairs: readonly Pair[]): Summary {
  const threads = pairs[0]?.jobs.map((job) => job.threads) ?? [];
  return {
    rows,
    script: medianUsage(pairs.map(({ script }) => script)),
    jobs: threads.map((count) => {
      const same = pairs.flatMap(({ jobs }) => jobs.filter((job) => job.threads === count));
      return {
        threads: count,
        job: medianJob(same.map(({ job }) => job)),
        ratio: median(same.map(({ ratio }) => ratio)),
      };
    }),
  };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

function medianUsage(runs: readonly Usage[]): Usage {
  const of = (field: keyof Usage): number => median(runs.map((run) => run[field]));
  return {
    rows: of('rows'),
    seconds: of('seconds'),
    ownSeconds: of('ownSeconds'),
    cpuUsPerRow: of('cpuUsPerRow'),
    peakMb: of('peakMb'),
    emulatorUsPerRow: of('emulatorUsPerRow'),
  };
}

function medianJob(runs: readonly JobFigures[]): JobFigures {
  const stages = runs[0]?.stages.map(({ stage }) => stage) ?? [];
  return {
    ...medianUsage(runs),
    stages: stages.map((stage) =>
      medianStage(runs.flatMap((run) => run.stages.filter((each) => each.stage === stage))),
    ),
    events: median(runs.map(({ events }) => events)),
    polls: median(runs.map(({ polls }) => polls)),
  };
}

function medianStage(runs: readonly StageFigures[]): StageFigures {
  const [first] = runs;
  if (first === undefined) throw new Error('there is no run');
  const delays = runs.flatMap(({ loopDelayMs }) => loopDelayMs ?? []);
  return {
    stage: first.stage,
    seconds: median(runs.map(({ seconds }) => seconds)),
    rowsPerSecond: median(runs.map(({ rowsPerSecond }) => rowsPerSecond)),
    cpuUsPerRow: median(runs.map(({ cpuUsPerRow }) => cpuUsPerRow)),
    loopDelayMs: delays.length === 0 ? null : median(delays),
  };
}
