// Temporal servers for test files. Call one of these at the top of a file (or a `describe`): the server starts before
// its first test and is gone after its last one. One environment per file; tests use task queues and ids of their own.
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import { afterAll, beforeAll, beforeEach, inject } from 'vitest';
import { searchAttributeNames } from '../../scripts/dev-server.ts';
import { noticeLostTask, takeLostTask } from './lost-task.ts';
import { startRealServer } from './servers/real-server.ts';
import { startTestServer } from './servers/test-server.ts';

export interface TemporalServer {
  /** Read this inside tests and hooks only: it throws before the server is up. */
  readonly env: TestWorkflowEnvironment;
}

// A KEYWORD in the test service's own numbering (temporal.api.enums.v1.IndexedValueType).
const keywordType = 2;

/** The real server, in memory: for limits, search attributes, schedules, close policies and priority. */
export function devServer(): TemporalServer {
  return whileTestsRun(
    () => startRealServer({ headless: true }),
    (address) => TestWorkflowEnvironment.createFromExistingServer({ address }),
  );
}

/** The server that skips time while only timers are pending: for waits, backoffs and deadlines. */
export function timeSkippingServer(): TemporalServer {
  return whileTestsRun(() => startTestServer(inject('testServer')), skipTimeAt);
}

async function skipTimeAt(address: string): Promise<TestWorkflowEnvironment> {
  const options = { server: { type: 'existing' }, supportsTimeSkipping: true, address };
  // biome-ignore lint/complexity/useLiteralKeys: it is private, and the only way to skip time on a server that the SDK did not start itself.
  const env: TestWorkflowEnvironment = await TestWorkflowEnvironment['create'](options);
  const searchAttributes = Object.fromEntries(searchAttributeNames.map((name) => [name, keywordType]));
  await env.connection.operatorService.addSearchAttributes({ namespace: env.namespace ?? 'default', searchAttributes });
  return env;
}

/** The workflows, bundled once for all files, for `Worker.create({ workflowBundle: workflowBundle() })`. */
export function workflowBundle(): { codePath: string } {
  return { codePath: inject('workflowBundlePath') };
}

interface Server {
  readonly address: string;
  stop(): Promise<void>;
}

function whileTestsRun(
  start: () => Promise<Server>,
  connect: (address: string) => Promise<TestWorkflowEnvironment>,
): TemporalServer {
  let server: Server | undefined;
  let started: TestWorkflowEnvironment | undefined;
  const open = async (): Promise<void> => {
    server = await start();
    started = await connect(server.address);
  };
  beforeAll(async () => {
    quietSdk();
    await open();
  });
  beforeEach(async () => {
    if (!takeLostTask()) return;
    await server?.stop();
    await open();
  });
  afterAll(async () => {
    // The client's connection stays open: once it is closed, the SDK throws in a timer if it tries a call again that a test has left behind.
    await started?.nativeConnection.close();
    started = undefined;
    await server?.stop();
  });
  return {
    get env() {
      if (!started) throw new Error('The Temporal server is not up: read `env` inside a test or a hook.');
      return started;
    },
  };
}

let quiet = false;

/** The SDK logs the start and stop of each worker at level INFO, which would hide a test's own output. Installed once per process. */
function quietSdk(): void {
  if (!quiet) Runtime.install({ logger: loud, telemetryOptions: { logging: { forward: {}, filter: coreWarnings } } });
  quiet = true;
}

const coreWarnings = makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' });
const printed = new DefaultLogger('ERROR');
const loud = new DefaultLogger('WARN', (entry) => {
  if (noticeLostTask(entry)) printed.error('the server that skips time has forgotten a workflow task');
  else printed.log(entry.level, entry.message, entry.meta);
});
