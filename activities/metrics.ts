// Prometheus metrics of the worker, next to Temporal's own. Labels take their values from closed lists: never an id, a model or a row.

import { metricMeter } from '@temporalio/activity';
import type { Fault } from '../domain/batch/backoff.ts';
import type { FileUsage } from '../domain/capacity/file-storage.ts';
import type { Counts, Tally } from '../domain/outcome/outcome.ts';
import type { JobReport } from '../domain/report/report.ts';

/** Every series by name, except those that are recorded elsewhere: alerts in a workflow, the event loop's delay in the worker. `docs/metrics.md` lists the names in Prometheus. */
const series = {
  items: ['nightshift_items', '1', 'Items of ended batches by the outcome of that attempt.'],
  tokens: ['nightshift_tokens', '1', 'Tokens that providers billed.'],
  cost: ['nightshift_cost_microusd', '1', 'Cost of ended batches in millionths of a US dollar.'],
  batches: ['nightshift_batches', '1', 'Ended batches by how they ended.'],
  duration: ['nightshift_batch_duration', 's', "From a provider batch's creation to its end."],
  polls: ['nightshift_polls', '1', 'Polls of batches that have ended.'],
  anomalies: ['nightshift_anomalies', '1', 'Lines of output that were not as they should be, and batches found twice.'],
  faults: ['nightshift_provider_faults', '1', 'Calls to providers that failed, by kind.'],
  jobs: ['nightshift_jobs', '1', 'Ended jobs by their result.'],
  files: ['nightshift_provider_files', '1', 'Files that an account stores at its provider, when last measured.'],
  fileBytes: ['nightshift_provider_file_bytes', '1', 'Bytes of those files.'],
} as const;

type Gauge = 'files' | 'fileBytes';
type Tags = Readonly<Record<string, string>>;

/** Call it once for each batch: if a tally already exists, the attempt that wrote it has counted it. */
export function countTally(provider: string, tally: Tally): void {
  const { lane, usage, costUsd, batchId, createdAt, endedAt } = tally;
  const tags = { provider, lane };
  add('items', tally.answered, { ...tags, outcome: 'answered', reason: 'none' });
  const byReason = (outcome: string, counts: Counts): void => {
    for (const [reason, count] of Object.entries(counts)) add('items', count, { ...tags, outcome, reason });
  };
  byReason('retryable', tally.retryable);
  byReason('failed', tally.rejected);
  add('tokens', usage.input, { ...tags, direction: 'input' });
  add('tokens', usage.output, { ...tags, direction: 'output' });
  add('cost', costUsd === null ? null : costUsd * 1e6, tags);
  add('polls', tally.polls, tags);
  for (const [anomaly, count] of Object.entries(tally.anomalies)) add('anomalies', count, { ...tags, anomaly });
  add('batches', 1, { ...tags, sent: batchId === null && lane === 'batch' ? 'no' : 'yes' });
  if (lane !== 'batch' || createdAt === null || endedAt === null) return;
  const [metric, unit, description] = series.duration;
  const histogram = metricMeter.createHistogram(metric, 'float', unit, description);
  histogram.record(Math.max(0, endedAt - createdAt) / 1000, tags);
}

export const countFault = (provider: string, fault: Fault): void => add('faults', 1, { provider, fault });

/** Call it once for each job: if a report already exists, the attempt that wrote it has counted it. */
export const countJob = ({ verdict, cancelled, sla }: JobReport): void =>
  add('jobs', 1, { verdict, cancelled: toYesNo(cancelled), in_sla: toYesNo(sla?.isMet === true) });

const toYesNo = (is: boolean): string => (is ? 'yes' : 'no');

export function gaugeFiles(tags: { readonly provider: string; readonly account: string }, usage: FileUsage): void {
  set('files', usage.files, tags);
  set('fileBytes', usage.bytes, tags);
}

function set(name: Gauge, value: number, tags: Tags): void {
  const [metric, unit, description] = series[name];
  metricMeter.createGauge(metric, 'int', unit, description).set(value, tags);
}

function add(name: Exclude<keyof typeof series, 'duration' | Gauge>, count: number | null, tags: Tags): void {
  if (count === null || count === 0) return;
  const [metric, unit, description] = series[name];
  metricMeter.createCounter(metric, unit, description).add(Math.round(count), tags);
}
