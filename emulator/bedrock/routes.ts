// The calls of Bedrock, of its two services: jobs and models are described by one, and answered by the other.

import { frontPaths } from '../fronts.ts';

const api = frontPaths.bedrock;
const jobs = `${api}/model-invocation-jobs` as const;
const job = `${api}/model-invocation-job` as const;
const vendor = 'bedrock';

export const bedrockRoutes = {
  'bedrock.batches.create': { vendor, method: 'POST', path: job, body: 'json', paid: true },
  'bedrock.batches.list': { vendor, method: 'GET', path: jobs, body: 'none' },
  'bedrock.batches.retrieve': { vendor, method: 'GET', path: `${job}/:id`, body: 'none' },
  'bedrock.batches.cancel': { vendor, method: 'POST', path: `${job}/:id/stop`, body: 'json' },
  'bedrock.converse': { vendor, method: 'POST', path: `${api}/model/:id/converse`, body: 'json', paid: true },
  'bedrock.models.foundation': { vendor, method: 'GET', path: `${api}/foundation-models/:id`, body: 'none' },
  'bedrock.models.profile': { vendor, method: 'GET', path: `${api}/inference-profiles/:id`, body: 'none' },
} as const;
