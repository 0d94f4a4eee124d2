// The calls of Gemini's API. Its paths collide with OpenAI's, so they have a prefix.

import { frontPaths } from '../fronts.ts';

const api = `${frontPaths.gemini}/v1beta` as const;
const vendor = 'gemini';

export const geminiRoutes = {
  'gemini.files.create': { vendor, method: 'POST', path: `${frontPaths.gemini}/upload/v1beta/files`, body: 'stream' },
  'gemini.files.list': { vendor, method: 'GET', path: `${api}/files`, body: 'none' },
  'gemini.files.retrieve': { vendor, method: 'GET', path: `${api}/files/:id`, body: 'none' },
  'gemini.files.delete': { vendor, method: 'DELETE', path: `${api}/files/:id`, body: 'none' },
  'gemini.files.content': {
    vendor,
    method: 'GET',
    path: `${frontPaths.gemini}/download/v1beta/files/:id:download`,
    body: 'none',
  },
  /** The same under the address that the SDK uses. */
  'gemini.files.download': { vendor, method: 'GET', path: `${api}/files/:id:download`, body: 'none' },
  'gemini.batches.create': {
    vendor,
    method: 'POST',
    path: `${api}/models/:id:batchGenerateContent`,
    body: 'json',
    paid: true,
  },
  'gemini.batches.embed': {
    vendor,
    method: 'POST',
    path: `${api}/models/:id:asyncBatchEmbedContent`,
    body: 'json',
    paid: true,
  },
  'gemini.batches.list': { vendor, method: 'GET', path: `${api}/batches`, body: 'none' },
  'gemini.batches.retrieve': { vendor, method: 'GET', path: `${api}/batches/:id`, body: 'none' },
  'gemini.batches.cancel': { vendor, method: 'POST', path: `${api}/batches/:id:cancel`, body: 'json' },
  'gemini.batches.delete': { vendor, method: 'DELETE', path: `${api}/batches/:id`, body: 'none' },
  'gemini.generate': { vendor, method: 'POST', path: `${api}/models/:id:generateContent`, body: 'json', paid: true },
  'gemini.embed': { vendor, method: 'POST', path: `${api}/models/:id:embedContent`, body: 'json', paid: true },
  'gemini.models.list': { vendor, method: 'GET', path: `${api}/models`, body: 'none' },
  'gemini.models.retrieve': { vendor, method: 'GET', path: `${api}/models/:id`, body: 'none' },
} as const;
