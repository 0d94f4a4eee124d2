// The worker's log: JSON lines on stderr, with ids and without anything a row, an answer or a key could be in. And its
// metrics, where asked for: Temporal's own, for Prometheus, labelled by namespace, task queue and types alone.

import { DefaultLogger, type LogEntry, type PrometheusMetricsExporter, Runtime } from '@temporalio/worker';
import { pino } from 'pino';
import type { Address, WorkerConfig } from './config.ts';

/** Long, secret to nobody, of use to nobody. */
const left = new Set(['taskToken', 'sdkComponent']);

export function installTelemetry({ logLevel: level, metrics }: Pick<WorkerConfig, 'logLevel' | 'metrics'>): void {
  const log = pino({ level, base: null }, pino.destination({ dest: 2, sync: true }));
  const write = ({ level: severity, message, meta }: LogEntry): void => {
    const fields = Object.fromEntries(Object.entries(meta ?? {}).filter(([name]) => !left.has(name)));
    if (severity === 'ERROR') log.error(fields, message);
    else if (severity === 'WARN') log.warn(fields, message);
    else if (severity === 'INFO') log.info(fields, message);
    else log.debug(fields, message);
  };
  Runtime.install({
    logger: new DefaultLogger('DEBUG', write),
    shutdownSignals: ['SIGINT', 'SIGTERM'],
    ...(metrics && { telemetryOptions: { metrics: { prometheus: exporter(metrics) } } }),
  });
}

/** Named as Prometheus wants it: seconds, with the unit, and counters that end in `_total`. */
function exporter({ host, port }: Address): PrometheusMetricsExporter['prometheus'] {
  return {
    bindAddress: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
    countersTotalSuffix: true,
    unitSuffix: true,
    useSecondsForDurations: true,
  };
}
