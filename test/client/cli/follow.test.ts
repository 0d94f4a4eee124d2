// A job is followed to its end, and not for longer or shorter.

import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { expect, test } from 'vitest';
import { follow } from '../../../client/cli/commands/follow.ts';
import { createProgram } from '../../../client/cli/program.ts';
import { followJob } from '../../../client/follow.ts';
import type { Nightshift } from '../../../client/nightshift.ts';
import type { JobStatus } from '../../../domain/progress/status.ts';
import { jobStatus } from './fake-terminal.ts';

test('an ended job is not followed: its outcome comes immediately, and nothing of it is to come', async () => {
  const jobs = { describe: async () => ({ state: 'terminated', taskQueue: 'x' }), follow: () => expect.unreachable() };
  await follow(jobs as unknown as Nightshift, 'a');
  const handle = { result: () => Promise.reject(new Error('terminated')), query: async () => jobStatus };
  const seen: JobStatus[] = [];
  for await (const each of followJob(handle as unknown as WorkflowHandle)) seen.push(each);
  expect(seen.at(-1)).toMatchObject({ nextLookAt: null, estimatedEndAt: null, items: jobStatus.items });
});

test('the report of a running job is not waited for', async () => {
  const jobs = {
    chooseRun: async () => ({ run: { state: 'running' }, passedOver: null }),
    report: () => expect.unreachable(),
  } as unknown as Nightshift;
  const program = createProgram({ dataRoot: '.', taskQueue: 'x', jobs: async () => jobs });
  await expect(program.parseAsync(['node', 'nightshift', 'report', 'a'])).rejects.toThrow(
    /^a has not ended: .*watch a`$/,
  );
});

test('a server that is gone for a while does not end the job that is followed, and a job that failed by a deadline does', async () => {
  const away = Object.assign(new Error('14 UNAVAILABLE: connect ECONNREFUSED 127.0.0.1:7233'), { code: 14 });
  const results = [() => Promise.reject(away), () => Promise.resolve()];
  let isBack = false;
  const handle = {
    result: () => {
      isBack = results.length === 1;
      return results.shift()?.();
    },
    query: async () => (isBack ? jobStatus : Promise.reject(away)),
  };
  const seen: JobStatus[] = [];
  for await (const each of followJob(handle as unknown as WorkflowHandle)) seen.push(each);
  expect(seen.at(-1)?.items).toEqual(jobStatus.items);
  const failed = new WorkflowFailedError('failed', new Error('the deadline is over'), 'NON_RETRYABLE_FAILURE');
  const late = { result: () => Promise.reject(failed), query: async () => jobStatus };
  for await (const each of followJob(late as unknown as WorkflowHandle)) seen.push(each);
  expect(results).toEqual([]);
});
