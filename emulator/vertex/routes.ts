// The calls of Vertex AI. Their paths name a project and a location, which this emulator does not tell apart.

import { frontPaths } from '../fronts.ts';

const api = `${frontPaths.vertex}/v1` as const;
const jobs = `${api}/batchPredictionJobs` as const;
const vendor = 'vertex';

export const vertexRoutes = {
  'vertex.batches.create': { vendor, method: 'POST', path: jobs, body: 'json', paid: true },
  'vertex.batches.list': { vendor, method: 'GET', path: jobs, body: 'none' },
  'vertex.batches.retrieve': { vendor, method: 'GET', path: `${jobs}/:id`, body: 'none' },
  'vertex.batches.cancel': { vendor, method: 'POST', path: `${jobs}/:id:cancel`, body: 'json' },
  'vertex.batches.delete': { vendor, method: 'DELETE', path: `${jobs}/:id`, body: 'none' },
  'vertex.generate': {
    vendor,
    method: 'POST',
    path: `${api}/publishers/google/models/:id:generateContent`,
    body: 'json',
    paid: true,
  },
  'vertex.embed': {
    vendor,
    method: 'POST',
    path: `${api}/publishers/google/models/:id:embedContent`,
    body: 'json',
    paid: true,
  },
  'vertex.predict': {
    vendor,
    method: 'POST',
    path: `${api}/publishers/google/models/:id:predict`,
    body: 'json',
    paid: true,
  },
  'vertex.claude': {
    vendor,
    method: 'POST',
    path: `${api}/publishers/anthropic/models/:id:rawPredict`,
    body: 'json',
    paid: true,
  },
  'vertex.models.google': { vendor, method: 'GET', path: `${api}/publishers/google/models/:id`, body: 'none' },
  'vertex.models.anthropic': { vendor, method: 'GET', path: `${api}/publishers/anthropic/models/:id`, body: 'none' },
} as const;

const place = new RegExp(`^${api}/projects/[^/]+/locations/[^/]+/`);

/** The path without its project and location. */
export const vertexPath = (path: string): string => path.replace(place, `${api}/`);
