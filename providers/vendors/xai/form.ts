// The form of xAI's calls about batches. The name of a batch holds its submission's key.

import type { BatchForm, FileListForm } from '../openai/form.ts';
import { listPageMax } from '../openai/limits.ts';
import { batchWire, fileListWire, listWire } from './wire.ts';

const pageQuery = (after: string | null, limit: number) => ({
  limit,
  ...(after === null ? {} : { pagination_token: after }),
});

export const xaiForm: BatchForm = {
  path: '/batches',
  cancelSuffix: ':cancel',
  object: batchWire,
  pageQuery,
  page: () => listWire,
  createBody: ({ fileId, key }) => ({ name: key, input_file_id: fileId }),
};

export const xaiFileList: FileListForm = {
  pageQuery: (after) => pageQuery(after, listPageMax),
  page: () => fileListWire,
};
