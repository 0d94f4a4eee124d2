// Temporal servers for test files. Call one of these at the top of a file (or a `describe`): the server starts before
// its first test and is gone after its last one. One environment per file; tests use task queues and ids of their own.
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { afterAll, beforeAll, inject } from 'vitest';
import { searchAttributeNames } from '../../scripts/dev-server.ts';

export interface TemporalServer {
  /** Read this inside tests and hooks only: it throws before the server is up. */
  readonly env: TestWorkflowEnvironment;
}

export interface DevServerTestOptions {
  /** Further arguments of `temporal server start-dev`, such as `--dynamic-config-value`, `key=value`. */
  readonly extraArgs?: readonly string[];
}

// A KEYWORD in the test service's own numbering (temporal.api.enums.v1.IndexedValueType).
const keywordType = 2;
// The SDK starts the time-skipping server, a Java program, and gives it only 5 s to answer. On a busy machine (several test runs on few
// cores) a JVM can need longer to start, and the SDK has no setting for it. So try for about a minute before failing.
const startTries = 12;

/** The real server, in memory: for limits, search attributes, schedules, close policies and priority. */
export function devServer(options: DevServerTestOptions = {}): TemporalServer {
  return whileTestsRun(() =>
    TestWorkflowEnvironment.createLocal({
      server: {
        executable: { type: 'existing-path', path: provided('temporalCli') },
        searchAttributes: searchAttributeNames.map((name) =>
          defineSearchAttributeKey(name, SearchAttributeType.KEYWORD),
        ),
        log: { format: 'pretty', level: 'error' },
        extraArgs: [...(options.extraArgs ?? [])],
      },
    }),
  );
}

/** The server that skips time while only timers are pending: for waits, backoffs and deadlines. */
export function timeSkippingServer(): TemporalServer {
  return whileTestsRun(async () => {
    const executable = { type: 'existing-path', path: provided('testServer') } as const;
    const env = await retried(() => TestWorkflowEnvironment.createTimeSkipping({ server: { executable } }));
    const searchAttributes = Object.fromEntries(searchAttributeNames.map((name) => [name, keywordType]));
    await env.connection.operatorService.addSearchAttributes({
      namespace: env.namespace ?? 'default',
      searchAttributes,
    });
    return env;
  });
}

/** The workflows, bundled once for all files, for `Worker.create({ workflowBundle: workflowBundle() })`. */
export function workflowBundle(): { codePath: string } {
  const codePath: string | undefined = inject('workflowBundlePath');
  if (!codePath) {
    throw new Error('There is no workflow bundle: worker/bundle.ts is missing (test/support/temporal-setup.ts).');
  }
  return { codePath };
}

function whileTestsRun(start: () => Promise<TestWorkflowEnvironment>): TemporalServer {
  let started: TestWorkflowEnvironment | undefined;
  beforeAll(async () => {
    quietSdk();
    started = await start();
  });
  afterAll(async () => {
    await started?.teardown();
    started = undefined;
  });
  return {
    get env() {
      if (!started) throw new Error('The Temporal server is not up: read `env` inside a test or a hook.');
      return started;
    },
  };
}

async function retried<T>(start: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await start();
    } catch (error) {
      if (tries === startTries) throw error;
    }
  }
}

function provided(name: 'temporalCli' | 'testServer'): string {
  const path: string | undefined = inject(name);
  if (!path) {
    throw new Error(
      `No ${name} here: this test file belongs into a folder of the project "temporal" (vitest.config.ts).`,
    );
  }
  return path;
}

let quiet = false;

/** The SDK logs the start and stop of each worker at level INFO, which would hide a test's own output. Installed once per process. */
function quietSdk(): void {
  if (!quiet) Runtime.install({ logger: new DefaultLogger('ERROR') });
  quiet = true;
}
