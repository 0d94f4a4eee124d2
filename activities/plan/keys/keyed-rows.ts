// Renders rows into items with their keys. The keys of one chunk's rows are hashed together, in a thread next to the planner.

import type { ItemKey } from '../../../domain/ids.ts';
import type { JobFile } from '../../../domain/job.ts';
import { InvariantBroken } from '../../../domain/refusal.ts';
import type { PlannedItem } from '../../../job-folder/plan/batch-files.ts';
import type { Provider } from '../../../providers/provider.ts';
import type { DatasetRow } from '../../../storage/formats/rows.ts';
import { isRefusal, type ReadItem, type ReadRow, type RowRefusal, rowReader } from '../rows.ts';
import { createKeyHasher, type KeyHasher } from './key-hasher.ts';

/** A row after reading: its item, or why it has none. */
export interface KeyedRow {
  readonly at: DatasetRow;
  readonly item: PlannedItem | RowRefusal;
}

export class KeyedRows {
  readonly #readRow: ReadRow;
  readonly #hasher: KeyHasher = createKeyHasher();

  constructor(job: JobFile, provider: Provider) {
    this.#readRow = rowReader(job, provider);
  }

  /** May be called for the next chunk's rows before the keys of this chunk are there. */
  async read(rows: readonly DatasetRow[]): Promise<readonly KeyedRow[]> {
    const batch = this.#hasher.batch();
    const items = rows.map((row) => (row.kind === 'row' ? this.#readRow(row, batch.add) : row));
    const keys = await batch.keys();
    let hashed = 0;
    return rows.map((at, index) => {
      const item = items[index];
      if (item === undefined) throw new InvariantBroken(`row ${at.row} was lost while it was read`);
      return { at, item: isRefusal(item) ? item : withKey(item, keys[hashed++]) };
    });
  }

  close(): Promise<void> {
    return this.#hasher.close();
  }
}

function withKey({ row, id, model, endpoint, request, outputTokens }: ReadItem, key: ItemKey | undefined): PlannedItem {
  if (key === undefined) throw new InvariantBroken(`row ${row} has no key`);
  return { row, id, key, model, endpoint, request, outputTokens };
}
