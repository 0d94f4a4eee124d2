// The form of DigitalOcean's calls about batches. The submission's key is the idempotency key: a create that is repeated gives the same batch.

import { type BatchForm, openaiForm } from '../openai/form.ts';
import { batchWire, listWire } from './wire.ts';

export const digitaloceanForm: BatchForm = {
  ...openaiForm,
  object: batchWire,
  page: () => listWire,
  createBody: ({ fileId, endpoint, key }) => ({
    file_id: fileId,
    provider: 'openai',
    endpoint,
    completion_window: '24h',
    request_id: toUuid(key),
  }),
};

/** The vendor's examples are UUIDs. */
const toUuid = (key: string): string => key.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
