// What the worker counts for Prometheus, beside Temporal's own series. Labels take their values from closed lists: no id, no model, no row.

import { metricMeter } from '@temporalio/activity';
import type { Fault } from '../domain/batch/backoff.ts';
import type { Counts, Tally } from '../domain/outcome/outcome.ts';
import type { JobReport } from '../domain/report/report.ts';

/** Every series by its name here; `docs/metrics.md` says how Prometheus sees it. The alerts are counted where they are raised. */
const series = {
  items: ['nightshift_items', '1', 'Items of ended batches by what became of them in that sending.'],
  tokens: ['nightshift_tokens', '1', 'Tokens that providers billed.'],
  cost: ['nightshift_cost_microusd', '1', 'Cost of ended batches in millionths of a US dollar.'],
  batches: ['nightshift_batches', '1', 'Ended batches by how they ended.'],
  duration: ['nightshift_batch_duration', 's', "From a provider batch's creation to its end."],
  polls: ['nightshift_polls', '1', 'Looks at batches that have ended.'],
  anomalies: ['nightshift_anomalies', '1', 'Lines of output that were not as they should be, and batches found twice.'],
  faults: ['nightshift_provider_faults', '1', 'Calls to providers that failed, by kind.'],
  jobs: ['nightshift_jobs', '1', 'Ended jobs by verdict.'],
} as const;

type Tags = Readonly<Record<string, string>>;

function add(name: Exclude<keyof typeof series, 'duration'>, count: number | null, tags: Tags): void {
  if (count === null || count === 0) return;
  const [metric, unit, description] = series[name];
  metricMeter.createCounter(metric, unit, description).add(Math.round(count), tags);
}

/** Once for each batch: a tally that is found again was counted by whoever wrote it. */
export function countTally(provider: string, tally: Tally): void {
  const { lane, usage, costUsd, batchId, createdAt, endedAt } = tally;
  const who = { provider, lane };
  add('items', tally.answered, { ...who, outcome: 'answered', reason: 'none' });
  const byReason = (outcome: string, counts: Counts): void => {
    for (const [reason, count] of Object.entries(counts)) add('items', count, { ...who, outcome, reason });
  };
  byReason('retryable', tally.retryable);
  byReason('failed', tally.rejected);
  add('tokens', usage.input, { ...who, direction: 'input' });
  add('tokens', usage.output, { ...who, direction: 'output' });
  add('cost', costUsd === null ? null : costUsd * 1e6, who);
  add('polls', tally.polls, who);
  for (const [anomaly, count] of Object.entries(tally.anomalies)) add('anomalies', count, { ...who, anomaly });
  add('batches', 1, { ...who, sent: batchId === null && lane === 'batch' ? 'no' : 'yes' });
  if (lane !== 'batch' || createdAt === null || endedAt === null) return;
  const [metric, unit, description] = series.duration;
  metricMeter.createHistogram(metric, 'float', unit, description).record(Math.max(0, endedAt - createdAt) / 1000, who);
}

export const countFault = (provider: string, fault: Fault): void => add('faults', 1, { provider, fault });

export const countJob = ({ verdict, cancelled }: JobReport): void =>
  add('jobs', 1, { verdict, cancelled: cancelled ? 'yes' : 'no' });
