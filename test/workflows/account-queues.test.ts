// Which task queue each activity of a job goes through, and with which priority. Each provider account has queues of its own.

import { expect, test } from 'vitest';
import { timeSkippingServer } from '../support/temporal.ts';
import { Site } from './site.ts';

const server = timeSkippingServer();

/** By activity: its task queue and its priority. */
async function listActivities(site: Site, workflowId: string): Promise<ReadonlyMap<string, readonly unknown[]>> {
  const scheduled = (await site.events(workflowId)).flatMap(
    (event) => event.activityTaskScheduledEventAttributes ?? [],
  );
  return new Map(
    scheduled.map(({ activityType, taskQueue, priority }) => [
      activityType?.name ?? '',
      [taskQueue?.name, priority?.priorityKey, priority?.fairnessKey, priority?.fairnessWeight],
    ]),
  );
}

test('calls to the provider go through the queues of the account, and all tasks have the priority of the job', () =>
  Site.with(server.env, 'queues', {}, async (site) => {
    await site.run(site.openaiJob(60, { tenant: 'team-a', priority: 1 }));
    const ofJob = await listActivities(site, 'queues');
    const ofBatch = await listActivities(site, 'queues/wave-1/batch-0001');
    const urgent = [1, 'team-a', 1];
    // Nobody knows the priority before the job is read.
    expect(ofJob.get('open')?.[0]).toBe('queues');
    expect(ofJob.get('plan')).toEqual(['queues', ...urgent]);
    expect(ofJob.get('cleanup')).toEqual(['queues.openai.default.call', ...urgent]);
    expect(new Map([...ofBatch].map(([activity, [queue]]) => [activity, queue]))).toEqual(
      new Map([
        ['recoverBatch', 'queues'],
        ['stage', 'queues.openai.default.call'],
        ['create', 'queues.openai.default.create'],
        ['look', 'queues.openai.default.call'],
        ['download', 'queues.openai.default.call'],
        ['classify', 'queues'],
      ]),
    );
    const children = (await site.events('queues')).flatMap(
      (event) => event.startChildWorkflowExecutionInitiatedEventAttributes?.priority ?? [],
    );
    expect(children).toMatchObject([{ priorityKey: 1, fairnessKey: 'team-a', fairnessWeight: 1 }]);
  }));
