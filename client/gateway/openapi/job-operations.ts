// The requests about jobs.

import { z } from 'zod';
import { fileNames } from '../../results.ts';
import { budgetForm, emptyForm, noteForm } from '../jobs/changes.ts';
import { pageForm, startForm } from '../jobs/routes.ts';
import { batchPage, estimate, failures, jobList, named, overview, status } from './answers.ts';
import type { Operation } from './operation.ts';

const start = { group: 'jobs', method: 'post', scope: 'start', body: startForm } as const;
const read = { group: 'jobs', method: 'get', scope: 'read', refusals: ['not_found'] } as const;
const change = { group: 'jobs', method: 'post', scope: 'change', refusals: ['not_found'] } as const;
const statusAfter = { description: 'The status after the change.', json: status } as const;

export const jobOperations: readonly Operation[] = [
  {
    ...start,
    path: '/api/jobs',
    name: 'startJob',
    summary: 'Starts a job; `job` has the fields of /job.schema.json',
    answer: { status: 201, description: 'It has started.', json: named },
    refusals: ['conflict'],
  },
  {
    ...start,
    path: '/api/jobs/estimate',
    name: 'estimateJob',
    summary: 'Estimates rows, batches and cost of a job, and spends nothing',
    answer: { description: 'The estimate.', json: estimate },
  },
  {
    group: 'jobs',
    method: 'get',
    scope: 'read',
    path: '/api/jobs',
    name: 'listJobs',
    summary: 'Lists jobs, running ones first',
    query: z.object({ active: z.enum(['true', 'false']).optional(), limit: z.int().min(1).max(500).optional() }),
    answer: { description: 'The jobs.', json: jobList },
  },
  {
    ...read,
    path: '/api/jobs/:id',
    name: 'showJob',
    summary: 'Shows a job: state, progress, cost, and what holds it',
    answer: { description: 'The job.', json: overview },
  },
  {
    ...read,
    path: '/api/jobs/:id/batches',
    name: 'listBatches',
    summary: 'Lists the batches of a job; of one that has ended, all of them, wave by wave',
    query: pageForm,
    answer: { description: 'A page of them.', json: batchPage },
  },
  {
    ...read,
    path: '/api/jobs/:id/failures',
    name: 'listFailures',
    summary: 'What failed in a job that has ended, by reason',
    answer: { description: 'The largest group comes first.', json: failures },
  },
  {
    ...read,
    path: '/api/jobs/:id/events',
    name: 'followJob',
    summary: 'Streams the events and results of a job as they come',
    query: z.object({
      items: z.enum(['true', 'false']).optional().describe('`false` leaves out the results.'),
      after: z
        .string()
        .optional()
        .describe('As the header `Last-Event-ID`. `latest` begins with the results of the last batch.'),
    }),
    headers: z.object({ 'Last-Event-ID': z.string().optional().describe('The stream continues after this event.') }),
    answer: {
      description: 'Server-sent events: job, chunk, batch, item, reset and end. After the id `end`, the status is 204.',
      types: ['text/event-stream'],
    },
  },
  {
    ...read,
    path: '/api/jobs/:id/files/:file',
    name: 'readFile',
    summary: `Sends a file of a job that has ended: ${Object.keys(fileNames).join(', ')}`,
    answer: { description: 'The file.', types: ['application/x-ndjson', 'application/json', 'text/html'] },
    refusals: ['not_found', 'conflict'],
  },
  {
    ...change,
    path: '/api/jobs/:id/pause',
    name: 'pauseJob',
    summary: 'Pauses a job',
    body: noteForm,
    answer: statusAfter,
  },
  {
    ...change,
    path: '/api/jobs/:id/resume',
    name: 'resumeJob',
    summary: 'Resumes a job that is paused',
    body: emptyForm,
    answer: statusAfter,
  },
  {
    ...change,
    path: '/api/jobs/:id/approve',
    name: 'approveJob',
    summary: 'Lets a rollout continue after its first step',
    body: emptyForm,
    answer: statusAfter,
  },
  {
    ...change,
    path: '/api/jobs/:id/budget',
    name: 'setBudget',
    summary: 'Sets the most that a job may cost; null removes the cap',
    body: budgetForm,
    answer: statusAfter,
  },
  {
    ...change,
    path: '/api/jobs/:id/cancel',
    name: 'cancelJob',
    summary: 'Lets a job deliver what is finished, and end',
    body: emptyForm,
    answer: { description: 'The request is recorded.', json: named },
  },
];
