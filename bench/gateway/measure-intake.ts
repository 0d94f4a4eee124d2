// Measures the intake of a queue through the gateway: calls of many items, and calls of one, on one of the stores.

import { Client, Connection } from '@temporalio/client';
import { Nightshift } from '../../client/nightshift.ts';
import { request } from '../request.ts';
import { watchCpu } from '../samples.ts';
import type { StoreName } from '../stores.ts';
import { type Site, withStack } from '../with-stack.ts';
import { type LoadFigures, sendLoad } from './load.ts';
import { type BenchGateway, withGateway } from './with-gateway.ts';

export interface IntakeFigures extends LoadFigures {
  readonly store: StoreName;
  readonly itemsPerCall: number;
  readonly connections: number;
  /** Files and updates of the queue. */
  readonly groups: number;
  /** How often the queue continued as a new run. */
  readonly runs: number;
  readonly gatewayCpuShare: number;
  readonly workerCpuShare: number;
}

interface Load {
  readonly itemsPerCall: number;
  readonly connections: number;
}

const loads: readonly Load[] = [
  { itemsPerCall: 100, connections: 40 },
  { itemsPerCall: 1, connections: 200 },
];
const setting = { rows: 1, rowBytes: 200, emulator: {}, threads: 'all', profiles: null } as const;

/** Each load has its own stack. */
export async function measureIntake(
  stores: readonly StoreName[],
  seconds: number,
  show: (figures: IntakeFigures) => void,
): Promise<readonly IntakeFigures[]> {
  const all: IntakeFigures[] = [];
  for (const store of stores) {
    for (const load of loads) {
      const figures = await withStack({ ...setting, store }, (site) =>
        withGateway(site, (gateway) => measureLoad({ site, gateway, store, load, seconds })),
      );
      show(figures);
      all.push(figures);
    }
  }
  return all;
}

interface Measured {
  readonly site: Site;
  readonly gateway: BenchGateway;
  readonly store: StoreName;
  readonly load: Load;
  readonly seconds: number;
}

async function measureLoad({ site, gateway, store, load, seconds }: Measured): Promise<IntakeFigures> {
  const { child, url } = gateway;
  const connection = await Connection.connect({ address: site.stack.server.address });
  const workerCpu = watchCpu(site.stack.workerPid);
  const gatewayCpu = watchCpu(child.pid);
  try {
    const jobs = new Nightshift(new Client({ connection }));
    await openQueue(url, site.store.root);
    const before = [gatewayCpu.usedUs(), workerCpu.usedUs()] as const;
    const figures = await sendLoad({ ...load, url: `${url}/api/queues/bench/items`, seconds });
    const used = [gatewayCpu.usedUs() - before[0], workerCpu.usedUs() - before[1]] as const;
    const share = (usedUs: number): number => usedUs / 1e6 / figures.seconds;
    const { totals } = await jobs.queues.page('bench');
    // What was sent again may have been in already.
    if (totals.accepted < figures.items + 1) throw new Error(`${totals.accepted} items of ${figures.items + 1}`);
    return {
      ...figures,
      ...load,
      store,
      ...(await readRuns(jobs.client)),
      gatewayCpuShare: share(used[0]),
      workerCpuShare: share(used[1]),
    };
  } finally {
    gatewayCpu.stop();
    workerCpu.stop();
    await connection.close();
  }
}

/** The queue flushes by its largest number of items, so that jobs run next to the intake, as they would. */
async function openQueue(url: string, root: string): Promise<void> {
  const queue = {
    job: { provider: 'openai', model: 'gpt-5.4-mini', request, poll: { initial: '1s', max: '1s' } },
    flush: { items: 50_000, bytes: 200 * 1024 * 1024, age: '1h' },
    output: `${root}queue/`,
  };
  const body = JSON.stringify({ items: [{ id: 'first', text: 'first' }], queue });
  const opened = await fetch(`${url}/api/queues/bench/items`, { method: 'POST', body });
  if (!opened.ok) throw new Error(`the queue does not open: ${await opened.text()}`);
}

async function readRuns(client: Client): Promise<Pick<IntakeFigures, 'groups' | 'runs'>> {
  let [groups, runs] = [0, 0];
  for await (const { runId } of client.workflow.list({ query: 'WorkflowId = "queue/bench"' })) {
    runs += 1;
    const { events } = await client.workflow.getHandle('queue/bench', runId).fetchHistory();
    groups += (events ?? []).filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes != null).length;
  }
  return { groups, runs };
}
