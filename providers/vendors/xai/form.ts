// The form of xAI's calls about batches. The name of a batch holds its submission's key.

import type { BatchForm } from '../openai/form.ts';
import { batchWire, listWire } from './wire.ts';

export const xaiForm: BatchForm = {
  path: '/batches',
  cancelSuffix: ':cancel',
  object: batchWire,
  pageQuery: (after, limit) => ({ limit, ...(after === null ? {} : { pagination_token: after }) }),
  page: () => listWire,
  createBody: ({ fileId, key }) => ({ name: key, input_file_id: fileId }),
};
