// What all jobs share, as every worker exports it: the gauges that the page of metrics names, and no others.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { MetricMeter, MetricTags } from '@temporalio/common';
import { expect, onTestFinished, test, vi } from 'vitest';
import { noLimits } from '../../domain/dispatch/limits.ts';
import type { DispatchPage } from '../../domain/dispatch/page/page.ts';
import { exportDispatcher } from '../../worker/monitoring/dispatcher.ts';

const owner = (name: string, capShare: number | null) => ({
  owner: name,
  batches: null,
  reservedUsd: 2,
  dayUsd: 3,
  monthUsd: 4,
  beyondUsd: 0,
  caps: [],
  capShare,
});

const page: DispatchPage = {
  holders: 1,
  waiting: 7,
  open: 5,
  grants: 9,
  longestWaitMs: {},
  pools: [],
  lanes: [],
  owners: [owner('account:openai/default', null), owner('tenant:a', 0.5)],
  holds: [],
  waits: [],
  limits: noLimits,
};

test('the gauges of the dispatcher are those of the page, and show what it answers', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const values = new Map<string, { value: number; tags: MetricTags }>();
  const meter = {
    createGauge: (name: string) => ({ set: (value: number, tags: MetricTags) => values.set(name, { value, tags }) }),
  } as unknown as MetricMeter;
  const client = {
    withDeadline: (_: number, call: () => Promise<unknown>) => call(),
    workflow: { getHandle: () => ({ query: async () => page }) },
  } as unknown as Client;
  const stop = exportDispatcher(client, meter, { namespace: 'n', task_queue: 'q' });
  await vi.advanceTimersByTimeAsync(15_000);
  stop();
  const documented = readFileSync(join(import.meta.dirname, '../../docs/metrics.md'), 'utf8').matchAll(
    /^\| `(nightshift_dispatcher_\w+)`/gm,
  );
  // The histogram is recorded where a batch is granted.
  const names = [...documented].map(([, name]) => name).filter((name) => name !== 'nightshift_dispatcher_wait_s');
  expect([...values.keys()].sort()).toEqual(names.sort());
  expect(values.get('nightshift_dispatcher_waiting')).toEqual({ value: 7, tags: { namespace: 'n', task_queue: 'q' } });
  expect(values.get('nightshift_dispatcher_reserved_usd')?.value).toBe(2);
  expect(values.get('nightshift_dispatcher_cap_used')).toEqual({
    value: 0.5,
    tags: { namespace: 'n', task_queue: 'q', owner: 'tenant:a' },
  });
});
