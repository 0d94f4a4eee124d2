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
  beyondMaxUsd: 0,
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
  mixedSince: null,
  limits: noLimits,
};

/** Returns what lets the worker export one more answer of the dispatcher. */
function exportPages(set: (name: string, value: number, tags: MetricTags) => void) {
  vi.useFakeTimers();
  let answer = page;
  const meter = {
    createGauge: (name: string) => ({ set: (value: number, tags: MetricTags) => set(name, value, tags) }),
  } as unknown as MetricMeter;
  const client = {
    withDeadline: (_: number, call: () => Promise<unknown>) => call(),
    workflow: { getHandle: () => ({ query: async () => answer }) },
  } as unknown as Client;
  const stop = exportDispatcher(client, meter, { namespace: 'n', task_queue: 'q' });
  onTestFinished(() => {
    stop();
    vi.useRealTimers();
  });
  return async (next: DispatchPage): Promise<void> => {
    answer = next;
    await vi.advanceTimersByTimeAsync(15_000);
  };
}

test('the gauges of the dispatcher are those of the page, and show what it answers', async () => {
  const values = new Map<string, { value: number; tags: MetricTags }>();
  const show = exportPages((name, value, tags) => values.set(name, { value, tags }));
  await show(page);
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

test('a cap that is removed, or of a month that is over, is not shown as used any more', async () => {
  const shares: Record<string, number> = {};
  const show = exportPages((name, value, { owner }) => {
    if (name === 'nightshift_dispatcher_cap_used') shares[String(owner)] = value;
  });
  await show({ ...page, owners: [owner('tenant:a', 0.9), owner('tenant:b', 0.9), owner('tenant:c', 0.9)] });
  await show({ ...page, owners: [owner('tenant:a', null), owner('tenant:c', 0.95)] });
  expect(shares).toEqual({ 'tenant:a': 0, 'tenant:b': 0, 'tenant:c': 0.95 });
});
