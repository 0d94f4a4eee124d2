// The worker of a test's site: the real activities and SDKs against the site's emulator, and the clock that they share with the server.

import type { Client } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { ActivityDeps } from '../../activities/deps.ts';
import { failureInterceptor } from '../../activities/failure.ts';
import { heartbeatThrottleMs } from '../../activities/heartbeat.ts';
import { createActivities } from '../../activities/index.ts';
import type { createControl } from '../../emulator/server/control.ts';
import { createProviders } from '../../providers/registry.ts';
import { emulatedAccounts } from '../../scripts/stack.ts';
import { createBucket } from '../../worker/bucket.ts';
import { createCluster } from '../../worker/cluster/cluster.ts';
import { createDispatcher } from '../../worker/cluster/dispatcher.ts';
import { readConfig } from '../../worker/config.ts';
import { createDependencies } from '../../worker/dependencies.ts';
import { listAccounts, WorkerGroup } from '../../worker/worker-group.ts';
import { endLateFailures } from '../support/late-failure.ts';
import { sharedThreads } from '../support/shared-threads.ts';
import { workflowBundle } from '../support/temporal.ts';
import { sharedClock } from './shared-clock.ts';

export interface SiteOptions {
  /** With a small number, a job of few batches runs like a job of many. Defaults to 500. */
  readonly batchesPerSegment?: number | undefined;
  /** With a small number, workflows soon continue as new. Defaults to 8,000. */
  readonly historyEventsMax?: number | undefined;
  /** What the worker's own clock shows at a time of the server. Defaults to that time. */
  readonly workerClock?: ((serverMs: number) => number) | undefined;
  /** How long a cancelled job waits for the provider, e.g. `20s`. Defaults to 30 minutes. */
  readonly cancelGrace?: string | undefined;
  /** Whose accounts the worker serves. Defaults to OpenAI and Anthropic: each account costs a test two more workers. */
  readonly providers?: readonly string[] | undefined;
  /** Further variables of the worker. */
  readonly variables?: Readonly<Record<string, string>> | undefined;
}

export async function createSiteWorker(
  site: {
    readonly root: string;
    readonly name: string;
    readonly env: TestWorkflowEnvironment;
    readonly client: Client;
    readonly control: ReturnType<typeof createControl>;
    readonly newVariables: Readonly<Record<string, string>>;
  },
  emulator: { readonly url: string },
  { workerClock = (serverMs) => serverMs, providers: served = ['openai', 'anthropic'], ...limits }: SiteOptions,
): Promise<WorkerGroup> {
  const configure = () =>
    readConfig({
      NIGHTSHIFT_DATA: site.root,
      ...emulatedAccounts(emulator.url),
      ...limits.variables,
      ...(limits.cancelGrace === undefined ? {} : { NIGHTSHIFT_CANCEL_GRACE: limits.cancelGrace }),
      ...site.newVariables,
    });
  const config = configure();
  const isChanged = () => Object.keys(site.newVariables).length > 0;
  const namespace = site.env.namespace ?? 'default';
  const clock = sharedClock(site.control);
  const whole = createDependencies(config, createCluster(site.client, namespace), createDispatcher(site.client));
  const providers = () => {
    const { accounts, vendors } = configure().providers;
    return createProviders(accounts, vendors, (folder) => createBucket(whole.store, folder));
  };
  const deps: ActivityDeps = {
    ...whole,
    // As after a restart of the worker, if its variables have changed.
    provider: (...account) => (isChanged() ? providers().get(...account) : whole.provider(...account)),
    markAccount: (...account) => (isChanged() ? providers() : whole).markAccount(...account),
    // Tests skip months, and the job would warn that its prices are old.
    prices: { ...config.prices, dated: '9999-12-31' },
    threads: sharedThreads,
    now: () => workerClock(clock.now()),
    elapsed: clock.elapsed,
    wait: clock.wait,
  };
  const activities = createActivities(deps);
  const open: typeof activities.open = async (input) => {
    const settings = await activities.open(input);
    const { batchesPerSegment = settings.batchesPerSegment, historyEventsMax = settings.historyEventsMax } = limits;
    return { ...settings, batchesPerSegment, historyEventsMax };
  };
  const openQueue: typeof activities.openQueue = async (input) => {
    const opened = await activities.openQueue(input);
    const { historyEventsMax = opened.settings.historyEventsMax } = limits;
    return { ...opened, settings: { ...opened.settings, historyEventsMax } };
  };
  const options = {
    connection: site.env.nativeConnection,
    namespace,
    taskQueue: site.name,
    maxHeartbeatThrottleInterval: heartbeatThrottleMs,
    activities: { ...activities, open, openQueue },
    workflowBundle: workflowBundle(),
    // Workflows run in this thread. One of their own for each test's worker would compile them again, which costs a core a second.
    debugMode: true,
    interceptors: {
      activity: [endLateFailures(site.client), clock.interceptor, failureInterceptor()].map((inbound) => () => ({
        inbound,
      })),
    },
  };
  return WorkerGroup.create(
    options,
    listAccounts(config.providers.accounts).filter(({ provider }) => served.includes(provider)),
  );
}
