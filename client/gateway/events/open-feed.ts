// Opens the feed of a job: asks its workflow for what is new, and the server how it ended.

import type { Client } from '@temporalio/client';
import { eventsQuery } from '../../../workflows/messages.ts';
import { askWorkflow } from '../../worker-answer.ts';
import { type FeedSource, JobFeed } from './job-feed.ts';

export function openFeed(client: Client, workflowId: string, describe: FeedSource['describe']): JobFeed {
  const handle = client.workflow.getHandle(workflowId);
  return new JobFeed({
    askEvents: (after) => askWorkflow(client, handle, () => handle.query(eventsQuery, after)),
    describe,
  });
}
