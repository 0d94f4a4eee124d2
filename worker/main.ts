#!/usr/bin/env node
// The worker program: connects with Temporal's own configuration, waits if the server is not there yet, serves the task queue until it is asked
// to stop, then drains.

import './node-check.ts';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from '@temporalio/worker';
import { failureInterceptor } from '../activities/failure.ts';
import { heartbeatThrottleMs } from '../activities/heartbeat.ts';
import { createActivities } from '../activities/index.ts';
import { builtBundle, writeWorkflowBundle } from './bundle.ts';
import { createCluster } from './cluster.ts';
import { readConfig, type WorkerConfig } from './config.ts';
import { type Connected, connect } from './connection.ts';
import { createDependencies } from './dependencies.ts';
import { type HealthServer, serveHealth } from './health.ts';
import { installTelemetry } from './telemetry.ts';

interface Started extends Connected {
  readonly config: WorkerConfig;
  readonly health: HealthServer | null;
}

let worker: Worker | undefined;
const say = (line: string): void => void process.stderr.write(`${line}\n`);

// Before the worker takes tasks, there is nothing to finish or hand back. Afterwards the SDK drains on these signals.
const signals = ['SIGINT', 'SIGTERM'] as const;
const endAtOnce = (): void => process.exit(0);
for (const signal of signals) process.on(signal, endAtOnce);

const { config, health, connection, client, namespace } = await start().catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error));
  process.exit(1);
});
const deps = createDependencies(config, createCluster(client, namespace));
const removeScratch = (): void => rmSync(deps.scratch, { recursive: true, force: true });
process.once('exit', removeScratch);
try {
  worker = await Worker.create({
    connection,
    namespace,
    taskQueue: config.taskQueue,
    activities: createActivities(deps),
    workflowBundle:
      config.bundlePath === null
        ? (builtBundle() ?? (await writeWorkflowBundle(join(deps.scratch, 'workflow-bundle.js'))))
        : { codePath: config.bundlePath },
    interceptors: { activity: [() => ({ inbound: failureInterceptor() })] },
    shutdownGraceTime: config.drainMs,
    maxHeartbeatThrottleInterval: heartbeatThrottleMs,
  });
  for (const signal of signals) process.off(signal, endAtOnce);
  say(`worker ready on task queue ${config.taskQueue}`);
  await worker.run();
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
  const health = config.health && (await serveHealth(config.health, () => worker?.getStatus()));
  return { config, health, ...(await connect({ say })) };
}
