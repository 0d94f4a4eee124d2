// What all jobs hold and wait for, as gauges. Every worker exports the same figures, because the one that last ran the dispatcher may not
// be the next one.

import type { Client } from '@temporalio/client';
import type { MetricMeter } from '@temporalio/common';
import type { DispatchPage } from '../../domain/dispatch/page/page.ts';
import { dispatcherId } from '../../domain/ids.ts';

const askEveryMs = 15_000;
const answerMs = 5_000;

type Labels = { readonly namespace: string; readonly task_queue: string };

/** Asks the dispatcher until the returned function is called. While none runs, or none answers, the gauges keep their values. */
export function exportDispatcher(client: Client, meter: MetricMeter, labels: Labels): () => void {
  const set = createGauges(meter, labels);
  const ask = async (): Promise<void> => {
    const handle = client.workflow.getHandle(dispatcherId);
    set(await client.withDeadline(Date.now() + answerMs, () => handle.query<DispatchPage>('holdings')));
  };
  const timer = setInterval(() => void ask().catch(() => undefined), askEveryMs).unref();
  return () => clearInterval(timer);
}

function createGauges(meter: MetricMeter, labels: Labels): (page: DispatchPage) => void {
  const gauge = (name: string, description: string) => {
    const made = meter.createGauge(`nightshift_dispatcher_${name}`, 'float', undefined, description);
    return (value: number, tags: Readonly<Record<string, string>> = {}) => made.set(value, { ...labels, ...tags });
  };
  const setWaiting = gauge('waiting', 'Batches that wait for the dispatcher.');
  const setOpen = gauge('open', 'Batches that hold a slot.');
  const setOldest = gauge('oldest_wait_seconds', 'How long the batch that waits longest has waited.');
  const setReserved = gauge('reserved_usd', 'Dollars that are reserved for open batches.');
  const setSettled = gauge('settled_usd', 'Dollars that were spent in this day (UTC).');
  const shown = new Set<string>();
  const setCap = gauge('cap_used', 'The largest share of a cap that is spent or reserved, for each owner of a cap.');
  return ({ waiting, open, waits, owners }) => {
    setWaiting(waiting);
    setOpen(open);
    const oldest = Math.min(Date.now(), ...waits.map(({ since }) => since));
    setOldest((Date.now() - oldest) / 1000);
    // Each batch counts once for its account, and again for its tenant and feature.
    const accounts = owners.filter(({ owner }) => owner.startsWith('account:'));
    setReserved(accounts.reduce((sum, { reservedUsd }) => sum + reservedUsd, 0));
    setSettled(accounts.reduce((sum, { dayUsd }) => sum + dayUsd, 0));
    const shares = new Map(owners.flatMap(({ owner, capShare }) => (capShare === null ? [] : [[owner, capShare]])));
    // An owner whose cap was removed, or whose month is over, would keep its last value for ever.
    for (const owner of shown) if (!shares.has(owner)) setCap(0, { owner });
    for (const [owner, share] of shares) {
      setCap(share, { owner });
      shown.add(owner);
    }
  };
}
