// Shows that both Temporal servers of the test suite start, do what they are for, and leave no process behind.
import { join } from 'node:path';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { describe, expect, test } from 'vitest';
import { devServer, timeSkippingServer } from './temporal.ts';

const workflowsPath = join(import.meta.dirname, 'temporal-sample-workflows.ts');

async function run(env: TestWorkflowEnvironment, workflow: string): Promise<unknown> {
  const worker = await Worker.create({ connection: env.nativeConnection, taskQueue: workflow, workflowsPath });
  return worker.runUntil(
    env.client.workflow.execute(workflow, {
      taskQueue: workflow,
      workflowId: workflow,
      workflowExecutionTimeout: '2 days',
    }),
  );
}

describe('the time-skipping server', () => {
  const server = timeSkippingServer();

  test('lets a day pass in no time', async () => {
    expect(await run(server.env, 'waitADay')).toBeGreaterThanOrEqual(24 * 3600 * 1000);
  });

  test('knows the search attributes of Nightshift', async () => {
    expect(await run(server.env, 'tellPhase')).toBe('told');
  });
});

describe('the dev server', () => {
  const server = devServer();

  test('knows the search attributes of Nightshift', async () => {
    expect(await run(server.env, 'tellPhase')).toBe('told');
  });
});
