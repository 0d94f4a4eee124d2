// The form of Mistral's calls about batch jobs.

import { type BatchForm, type FileListForm, metadataKey } from '../openai/form.ts';
import { timeoutHours } from './limits.ts';
import { jobWire, pageAfter, pageSize } from './wire.ts';

/** The list's own filter by metadata is not used: if a server read it differently, it would hide a job, which would then be paid twice. */
export const mistralForm: BatchForm = {
  path: '/batch/jobs',
  cancelSuffix: '/cancel',
  object: jobWire,
  pageQuery: (after) => ({ page: after ?? 0, page_size: pageSize, order_by: '-created' }),
  page: pageAfter,
  createBody: ({ fileId, endpoint, key, model }) => ({
    input_files: [fileId],
    endpoint,
    model,
    timeout_hours: timeoutHours,
    metadata: { [metadataKey]: key },
  }),
};

export const mistralFileList: FileListForm = {
  pageQuery: (after) => ({ page: after ?? 0, page_size: pageSize }),
  page: pageAfter,
};
