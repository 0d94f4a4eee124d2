#!/usr/bin/env node
// The worker program: connects with Temporal's own configuration, serves the task queue until it is asked to stop, then drains.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from '@temporalio/worker';
import { failureInterceptor } from '../activities/failure.ts';
import { createActivities } from '../activities/index.ts';
import { builtBundle, writeWorkflowBundle } from './bundle.ts';
import { createCluster } from './cluster.ts';
import { readConfig } from './config.ts';
import { connect } from './connection.ts';
import { createDependencies } from './dependencies.ts';
import { serveHealth } from './health.ts';
import { installTelemetry } from './telemetry.ts';

const config = readConfig();
installTelemetry(config);
const { connection, client, namespace } = await connect();
const deps = createDependencies(config, createCluster(client, namespace));
let worker: Worker | undefined;
const health = config.health && (await serveHealth(config.health, () => worker?.getStatus()));
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
  });
  process.stderr.write(`worker ready on task queue ${config.taskQueue}\n`);
  await worker.run();
} finally {
  await health?.close();
  rmSync(deps.scratch, { recursive: true, force: true });
  await connection.close();
}
