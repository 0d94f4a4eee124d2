// Fireworks: OpenAI's realtime calls under /inference, and jobs over datasets in an account.

import type { Flavour } from '../server/call.ts';
import { createDataset, deleteDataset, getDownloadEndpoint, prefix, signedResults, uploadDataset } from './datasets.ts';
import { createJob, retrieveJob, toJob } from './jobs.ts';

export const fireworks: Flavour = {
  prefix,
  toPath: (path) =>
    path
      .replace(/^\/inference/, '')
      .replace(/^\/v1\/accounts\/[^/]+\/batchInferenceJobs/, '/v1/batches')
      .replace(/^\/v1\/accounts\/[^/]+\/datasets$/, '/v1/batches/files')
      .replace(/^\/v1\/accounts\/[^/]+\/datasets\/[^/]+:upload$/, '/v1/files')
      .replace(/^\/v1\/accounts\/[^/]+\/datasets\/([^/]+):getDownloadEndpoint$/, '/v1/files/$1/content')
      .replace(/^\/v1\/accounts\/[^/]+\/datasets\//, '/v1/files/'),
  purpose: '',
  bareLines: true,
  handlers: {
    'openai.files.intend': createDataset,
    'openai.files.create': uploadDataset,
    'openai.files.content': getDownloadEndpoint,
    'openai.files.delete': deleteDataset,
    'openai.files.signed': signedResults,
    'openai.batches.create': createJob,
    'openai.batches.retrieve': retrieveJob,
  },
  reshape: (route, body, call) => {
    if (route === 'openai.files.retrieve') return { name: body.id, state: 'READY' };
    return route.startsWith('openai.batches.') && route !== 'openai.batches.list' ? toJob(body, call) : body;
  },
};
