// Shows that both Temporal servers of the test suite start, do what they are for, and leave no process behind.
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { describe, expect, inject, test } from 'vitest';
import { readCompose } from './container-files.ts';
import { LostTask, orLostTask } from './lost-task.ts';
import { devServer, timeSkippingServer } from './temporal.ts';

const workflowsPath = join(import.meta.dirname, 'temporal-sample-workflows.ts');
const activities = { end: () => delay(250) };

async function run(env: TestWorkflowEnvironment, workflow: string): Promise<unknown> {
  const connection = env.nativeConnection;
  const worker = await Worker.create({ connection, taskQueue: workflow, workflowsPath, activities });
  const options = { taskQueue: workflow, workflowId: workflow, workflowExecutionTimeout: '2 days' } as const;
  return worker.runUntil(orLostTask(env.client.workflow.execute(workflow, options)));
}

describe('the time-skipping server', () => {
  const server = timeSkippingServer();

  test('lets a day pass in no time', async () => {
    expect(await run(server.env, 'waitADay')).toBeGreaterThanOrEqual(24 * 3600 * 1000);
  });

  test('knows the search attributes of Nightshift', async () => {
    expect(await run(server.env, 'tellPhase')).toBe('told');
  });

  test('forgets the task of a workflow that cancels an activity too late', async () => {
    await expect(run(server.env, 'cancelTooLate')).rejects.toThrow(LostTask);
  });

  test('is replaced afterwards', async () => {
    expect(await run(server.env, 'waitADay')).toBeGreaterThanOrEqual(24 * 3600 * 1000);
  });
});

describe('the dev server', () => {
  const server = devServer();

  test('knows the search attributes of Nightshift', async () => {
    expect(await run(server.env, 'tellPhase')).toBe('told');
  });

  test('has the version of its project: the CLI has an older one than docker-compose.yml', async () => {
    const { serverVersion } = await server.env.connection.workflowService.getSystemInfo({});
    const ofCompose = readCompose().services['temporal']?.image?.split(':').at(-1);
    expect(serverVersion).toBe(inject('newerServer') === null ? '1.29.1' : ofCompose);
  });
});
