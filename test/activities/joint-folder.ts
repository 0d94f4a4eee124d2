// A job folder whose rows share requests.

import { type Folder, folderWith, makeRows } from './plan/planning.ts';

export const jointFolder = (rows: number, inputsPerRequest: number): Promise<Folder> =>
  folderWith(makeRows(rows), {
    id: 'id',
    // Vectors have no output tokens.
    prices: { priced: { batch: { input: 1, output: 0 }, realtime: { input: 2, output: 0 } } },
    endpoint: '/v1/embeddings',
    request: { input: '{{ text }}', dimensions: 2 },
    batch: { maxItems: 1000, maxBytes: 1e8, concurrency: 1, inputsPerRequest },
  });
