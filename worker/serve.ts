// The worker program: connects with Temporal's own configuration, waits if the server is not there yet, serves the task queue until it is asked
// to stop, then drains.

import { rmSync } from 'node:fs';
import { Runtime } from '@temporalio/worker';
import { failureInterceptor } from '../activities/failure.ts';
import { heartbeatThrottleMs } from '../activities/heartbeat.ts';
import { readConfig, type WorkerConfig } from './config.ts';
import { type Connected, connect } from './connection.ts';
import { exportDispatcher } from './monitoring/dispatcher.ts';
import { exportLoopDelay } from './monitoring/event-loop.ts';
import { type HealthServer, serveHealth } from './monitoring/health.ts';
import { installTelemetry } from './monitoring/telemetry.ts';
import { publishRates } from './rates.ts';
import { listAccounts, WorkerGroup } from './worker-group.ts';

interface Started extends Connected {
  readonly config: WorkerConfig;
  readonly health: HealthServer | null;
}

let workers: WorkerGroup | undefined;
const say = (line: string): void => void process.stderr.write(`${line}\n`);

// Before the worker takes tasks, there is nothing to finish or hand back. Afterwards the SDK drains on these signals.
const signals = ['SIGINT', 'SIGTERM'] as const;
const endAtOnce = (): void => process.exit(0);
for (const signal of signals) process.on(signal, endAtOnce);

const starting = start().catch((error: unknown): never => {
  say(error instanceof Error ? error.message : String(error));
  process.exit(1);
});
// Loaded while the connection opens.
const [
  { createActivities },
  { loadSdks },
  { findBundle },
  { createCluster },
  { createDependencies },
  { createDispatcher },
] = await Promise.all([
  import('../activities/index.ts'),
  import('../providers/registry.ts'),
  import('./bundle-cache.ts'),
  import('./cluster/cluster.ts'),
  import('./dependencies.ts'),
  import('./cluster/dispatcher.ts'),
]);
const { config, health, connection, client, namespace } = await starting;
const deps = createDependencies(config, createCluster(client, namespace), createDispatcher(client));
const removeScratch = (): void => rmSync(deps.scratch, { recursive: true, force: true });
process.once('exit', removeScratch);
try {
  const accounts = listAccounts(config.providers.accounts);
  workers = await WorkerGroup.create(
    {
      connection,
      namespace,
      taskQueue: config.taskQueue,
      activities: createActivities(deps),
      workflowBundle: await findBundle(config, deps.scratch),
      interceptors: { activity: [() => ({ inbound: failureInterceptor() })] },
      shutdownGraceTime: config.drainMs,
      maxHeartbeatThrottleInterval: heartbeatThrottleMs,
    },
    accounts,
  );
  for (const signal of signals) process.off(signal, endAtOnce);
  // From now on: the delay of the start itself concerns no job.
  const labels = { namespace, task_queue: config.taskQueue };
  exportLoopDelay(Runtime.instance().metricMeter, labels);
  if (config.limits !== null && config.metrics !== null) {
    exportDispatcher(client, Runtime.instance().metricMeter, labels);
  }
  const running = workers.run();
  say(`worker ready on task queue ${config.taskQueue}`);
  const publishing = publishRates(client, { ...config, namespace }, accounts).catch((error: unknown) => {
    say(`the server did not take the rates of NIGHTSHIFT_CONFIG: ${error instanceof Error ? error.message : error}`);
  });
  await Promise.all([running, loadSdks(config.providers), publishing]);
} finally {
  await health?.close();
  await deps.threads.close();
  removeScratch();
  await connection.close();
}

/** An error here comes from one of the settings, and its message says which. */
async function start(): Promise<Started> {
  const config = readConfig();
  installTelemetry(config);
  const health = config.health && (await serveHealth(config.health, () => workers?.getStatus()));
  return { config, health, ...(await connect({ say })) };
}
