// For use before an upgrade: replays the histories of running jobs with this version's workflows, and lists those that would break.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { findBundle } from './bundle-cache.ts';
import { readConfig } from './config.ts';
import { connect } from './connection.ts';

/** The same time that a command of the client waits for a server. */
const serverWaitMs = 3_000;

const config = readConfig();
const { taskQueue } = config;
// The SDK would log each failed replay at length; below, each gets one line.
Runtime.install({
  logger: new DefaultLogger('ERROR', () => undefined),
  telemetryOptions: { logging: { forward: {} } },
});
const scratch = mkdtempSync(join(tmpdir(), 'nightshift-replay-'));
const { connection, client, address } = await connect({ say: console.error, limitMs: serverWaitMs }).catch(
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    rmSync(scratch, { recursive: true, force: true });
    process.exit(1);
  },
);
try {
  const running = client.workflow.list({ query: `ExecutionStatus = "Running" AND TaskQueue = "${taskQueue}"` });
  const workflowBundle = await findBundle(config, scratch);
  let replayed = 0;
  let broken = 0;
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle }, running.intoHistories())) {
    replayed += 1;
    if (error === undefined) continue;
    broken += 1;
    console.log(`${workflowId}: ${error.name}: this version would not continue it as the version that started it`);
  }
  console.log(`${replayed} running workflows on ${taskQueue} at ${address} replayed, ${broken} would break`);
  if (broken > 0) process.exitCode = 1;
} finally {
  await connection.close();
  rmSync(scratch, { recursive: true, force: true });
}
