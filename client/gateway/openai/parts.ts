// What the parts of OpenAI's front are given.

import type { Batches } from '../batches/batches.ts';
import type { BatchParts } from '../batches/prepare.ts';
import type { FileRecords } from './file-record.ts';
import type { OpenaiIds } from './ids.ts';

export interface OpenaiParts extends BatchParts {
  readonly ids: OpenaiIds;
  readonly files: FileRecords;
  readonly batches: Batches;
}
