// The worker's event-loop delay: how late the main thread gets to its work, heartbeats and polls included, because something else held it.

import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import type { MetricMeter } from '@temporalio/common';

/** How often the delay is sampled, and how often its figures are exported. */
const resolutionMs = 10;
const exportEveryMs = 10_000;

/** In seconds. */
export interface LoopDelay {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Exports the delay of the last 10 s as a gauge, until the returned function is called. */
export function exportLoopDelay(
  meter: MetricMeter,
  labels: { readonly namespace: string; readonly task_queue: string },
): () => void {
  const description = "How late the worker's main thread was, over the last 10 s.";
  const gauge = meter.createGauge('nightshift_event_loop_delay_seconds', 'float', undefined, description);
  const loop = watchLoop();
  const set = (): void => {
    for (const [statistic, seconds] of Object.entries(loop.read())) gauge.set(seconds, { ...labels, statistic });
  };
  set();
  const timer = setInterval(set, exportEveryMs).unref();
  return () => {
    clearInterval(timer);
    loop.stop();
  };
}

/** `read` returns the delay since it was last called. Not Node's own monitor: that one misses the pause in which it is reset. */
export function watchLoop(): { read(): LoopDelay; stop(): void } {
  const histogram = createHistogram();
  let last = performance.now();
  const sample = (): void => {
    const now = performance.now();
    const lateMs = now - last - resolutionMs;
    histogram.record(Math.max(1, Math.round(lateMs * 1e6)));
    last = now;
  };
  const timer = setInterval(sample, resolutionMs).unref();
  return {
    read: () => {
      const delay = readSeconds(histogram);
      histogram.reset();
      return delay;
    },
    stop: () => clearInterval(timer),
  };
}

function readSeconds(histogram: RecordableHistogram): LoopDelay {
  if (histogram.count === 0) return { p50: 0, p99: 0, max: 0 };
  return {
    p50: histogram.percentile(50) / 1e9,
    p99: histogram.percentile(99) / 1e9,
    max: histogram.max / 1e9,
  };
}
