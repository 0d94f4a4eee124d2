// The two servers of a simulation: one skips time; the real one runs in real time, and can reset and terminate workflows.

import { TestWorkflowEnvironment } from '@temporalio/testing';
import { ensureTemporalCli } from '../../scripts/tools/temporal-cli.ts';
import { ensureTestServer } from '../../scripts/tools/test-server.ts';

export interface Environment {
  start(): Promise<TestWorkflowEnvironment>;
  /** Settings of the workers, as environment variables. */
  readonly settings: Readonly<Record<string, string>>;
  /** The time between two checks of a job. */
  readonly stepMs: number;
  /** The longest time of a job on the server's clock. */
  readonly msMax: number;
}

const hourMs = 3_600_000;
const serverTries = 12;

export const skippedTime: Environment = {
  start: async () => {
    const executable = { type: 'existing-path', path: await ensureTestServer() } as const;
    return retried(() => TestWorkflowEnvironment.createTimeSkipping({ server: { executable } }));
  },
  settings: {},
  stepMs: 6 * hourMs,
  // Five waves, each with a lost create, a window of 26 hours and its pauses.
  msMax: 40 * 24 * hourMs,
};

export const realTime: Environment = {
  start: async () => {
    const executable = { type: 'existing-path', path: await ensureTemporalCli() } as const;
    return TestWorkflowEnvironment.createLocal({ server: { executable, log: { format: 'pretty', level: 'error' } } });
  },
  settings: {
    NIGHTSHIFT_SETTLE: '1s',
    NIGHTSHIFT_CREATE_TIMEOUT: '2s',
    NIGHTSHIFT_HEARTBEAT: '2s',
    NIGHTSHIFT_READ_AGAIN: '1s',
    NIGHTSHIFT_NOT_SHOWN: '20s',
    NIGHTSHIFT_NOT_FOUND: '5s',
    NIGHTSHIFT_CANCEL_GRACE: '60s',
  },
  stepMs: 1_000,
  msMax: 600_000,
};

/** The SDK gives the server that skips time, a Java program, only 5 s to start. */
async function retried<T>(start: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await start();
    } catch (error) {
      if (tries === serverTries) throw error;
    }
  }
}
