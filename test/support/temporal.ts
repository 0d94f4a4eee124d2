// Temporal servers for test files. Call one of these at the top of a file (or a `describe`): the server starts before
// its first test and is gone after its last one. One environment per file; tests use task queues and ids of their own.
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { afterAll, beforeAll, inject } from 'vitest';
import { searchAttributeNames } from '../../scripts/dev-server.ts';

export interface TemporalServer {
  /** To be read inside tests and hooks: it throws before the server is up. */
  readonly env: TestWorkflowEnvironment;
}

export interface DevServerTestOptions {
  /** Further arguments of `temporal server start-dev`, such as `--dynamic-config-value`, `key=value`. */
  readonly extraArgs?: readonly string[];
}

// A KEYWORD in the test service's own numbering (temporal.api.enums.v1.IndexedValueType).
const keywordType = 2;
// The SDK gives a server 5 s to answer, which a Java server on a crowded machine may miss.
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

/** The server that skips time while nothing but timers is due: for waiting, backing off and deadlines. */
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

/** The SDK logs each worker's life at level INFO; a test's own output would drown in it. Once per process. */
function quietSdk(): void {
  if (!quiet) Runtime.install({ logger: new DefaultLogger('ERROR') });
  quiet = true;
}
