// The worker's log: JSON lines on stderr, with ids and without anything a row, an answer or a key could be in. And its
// metrics, where asked for: Temporal's own, for Prometheus, labelled by namespace, task queue and types alone.

import { DefaultLogger, type LogEntry, type PrometheusMetricsExporter, Runtime } from '@temporalio/worker';
import { pino } from 'pino';
import type { Address, WorkerConfig } from './config.ts';

/** Long, secret to nobody, of use to nobody. */
const left = new Set(['taskToken', 'sdkComponent']);

/** In seconds. The SDK's own end at a minute for activities, and at a day for workflows: a pass over a file and a batch take longer. */
const buckets = {
  activity_execution_latency: [0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600],
  activity_succeed_endtoend_latency: [0.1, 0.5, 1, 5, 10, 60, 300, 1800, 7200, 43_200, 90_000],
  workflow_endtoend_latency: [1, 5, 10, 60, 300, 1800, 3600, 14_400, 43_200, 86_400, 90_000, 172_800],
};

export function installTelemetry({ logLevel: level, metrics }: Pick<WorkerConfig, 'logLevel' | 'metrics'>): void {
  const log = pino({ level, base: null }, pino.destination({ dest: 2, sync: true }));
  const write = ({ level: severity, message, meta }: LogEntry): void => {
    const own = Object.fromEntries(Object.entries(meta ?? {}).filter(([name]) => !left.has(name)));
    const fields = { ...locateWorkflow(own.workflowId), ...own };
    if (severity === 'ERROR') {
      log.error(fields, message);
    } else if (severity === 'WARN') {
      log.warn(fields, message);
    } else if (severity === 'INFO') {
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

/** Which job, and which of its batches, a line is of: to be searched by. */
function locateWorkflow(workflowId: unknown): { job?: string; wave?: number; batch?: number } {
  if (typeof workflowId !== 'string') return {};
  const { job, wave, batch } =
    /^(?<job>.*)\/wave-(?<wave>\d+)\/(batch-(?<batch>\d+)|segment-\d+)$/s.exec(workflowId)?.groups ?? {};
  if (job === undefined) return { job: workflowId };
  return { job, wave: Number(wave), ...(batch === undefined ? {} : { batch: Number(batch) }) };
}

/** Named as Prometheus wants it: seconds, with the unit, and counters that end in `_total`. */
function exporter({ host, port }: Address): PrometheusMetricsExporter['prometheus'] {
  return {
    bindAddress: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
    countersTotalSuffix: true,
    unitSuffix: true,
    useSecondsForDurations: true,
    histogramBucketOverrides: buckets,
  };
}
