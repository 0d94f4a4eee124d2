// The worker's log: JSON lines on stderr, with ids, and without any field that could hold part of a row, an answer or a key. And,
// if configured, its metrics for Prometheus: Temporal's own, labelled only by namespace, task queue and types.

import { ApplicationFailure } from '@temporalio/common';
import { DefaultLogger, type LogEntry, type PrometheusMetricsExporter, Runtime } from '@temporalio/worker';
import { pino } from 'pino';
import type { Address, WorkerConfig } from '../config.ts';

/** Fields that are long and useless to a reader. */
const left = new Set(['taskToken', 'sdkComponent']);

/**
 * In seconds. The SDK's own buckets end at a minute for activities, at a day for workflows and at ten seconds for Nightshift's histograms, but
 * most of these take longer. Of the time of a batch, each bucket is at most twice the one before it, so that a p99 that doubles is seen.
 */
const buckets = {
  nightshift_batch_duration: [
    10, 20, 40, 75, 150, 300, 600, 1200, 1800, 3600, 7200, 14_400, 28_800, 43_200, 86_400, 172_800,
  ],
  nightshift_dispatcher_wait: [0.1, 0.5, 1, 5, 10, 60, 300, 900, 3600, 14_400, 43_200, 86_400, 604_800],
  activity_execution_latency: [0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600],
  activity_succeed_endtoend_latency: [0.1, 0.5, 1, 5, 10, 60, 300, 1800, 7200, 43_200, 90_000],
  workflow_endtoend_latency: [1, 5, 10, 60, 300, 1800, 3600, 14_400, 43_200, 86_400, 90_000, 172_800],
};

/** Said of the workers of accounts, which are to serve none. */
const noWorkflows = 'No workflows registered';

export function installTelemetry({
  logLevel: level,
  metrics,
  taskQueue,
}: Pick<WorkerConfig, 'logLevel' | 'metrics' | 'taskQueue'>): void {
  // They start, drain and stop with the main worker, which says so once.
  const isOfAccount = (meta: LogEntry['meta']): boolean =>
    meta?.sdkComponent === 'worker' && meta.taskQueue !== taskQueue;
  const log = pino({ level, base: null }, pino.destination({ dest: 2, sync: true }));
  const write = ({ level: severity, message, meta }: LogEntry): void => {
    const own = Object.fromEntries(Object.entries(meta ?? {}).filter(([name]) => !left.has(name)));
    const fields = { ...locateWorkflow(own.workflowId), ...nameError(own) };
    if (severity === 'ERROR') {
      log.error(fields, message);
    } else if (severity === 'WARN' && !message.startsWith(noWorkflows)) {
      log.warn(fields, message);
    } else if (severity === 'INFO' && !isOfAccount(meta)) {
      log.info(fields, message);
    } else {
      log.debug(fields, message);
    }
  };
  Runtime.install({
    logger: new DefaultLogger('DEBUG', write),
    shutdownSignals: ['SIGINT', 'SIGTERM'],
    ...(metrics && { telemetryOptions: { metrics: { prometheus: exporter(metrics) } } }),
  });
}

/**
 * An activity's failure has a code and a message that were written to be shown. A workflow's failure is named by its interceptor. Of any other
 * error only the class is logged: its message may quote anything.
 */
export function nameError({ error, ...fields }: Readonly<Record<string, unknown>>): Record<string, unknown> {
  if (error === undefined) return fields;
  if (error instanceof ApplicationFailure) return { ...fields, code: error.type, message: error.message };
  const code = error instanceof Error ? error.constructor.name : typeof error;
  return { code, ...fields };
}

/** Returns the job, wave and batch that a line belongs to, so that logs can be searched by them. */
function locateWorkflow(workflowId: unknown): { job?: string; wave?: number; batch?: number } {
  if (typeof workflowId !== 'string') return {};
  const { job, wave, batch } =
    /^(?<job>.*)\/wave-(?<wave>\d+)\/(batch-(?<batch>\d+)|segment-\d+)$/s.exec(workflowId)?.groups ?? {};
  if (job === undefined) return { job: workflowId };
  return { job, wave: Number(wave), ...(batch === undefined ? {} : { batch: Number(batch) }) };
}

/** Names by Prometheus's conventions: seconds, with the unit in the name, and counters that end in `_total`. */
function exporter({ host, port }: Address): PrometheusMetricsExporter['prometheus'] {
  return {
    bindAddress: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
    countersTotalSuffix: true,
    unitSuffix: true,
    useSecondsForDurations: true,
    histogramBucketOverrides: buckets,
  };
}
