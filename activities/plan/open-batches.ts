// The batches that are being written. Items of one group share a batch: one model, one endpoint, and one cause if they must go
// through the realtime lane.

import { openBatchesMax } from '../../domain/limits.ts';
import type { BatchFiles, PlannedItem } from '../../job-folder/plan/batch-files.ts';

export interface OpenBatch {
  readonly files: BatchFiles;
  /** Grows with every use of any batch. */
  usedAt: number;
}

export class OpenBatches {
  readonly #byGroup = new Map<string, OpenBatch>();
  /** The batch that was used last: most items go into the same batch as the item before. */
  #current: OpenBatch | undefined;
  #uses = 0;

  get size(): number {
    return this.#byGroup.size;
  }

  list(): OpenBatch[] {
    return [...this.#byGroup.values()];
  }

  find(item: PlannedItem): OpenBatch | undefined {
    const files = this.#current?.files;
    if (files?.model === item.model && files.endpoint === item.endpoint && files.realtimeCause === item.realtimeCause) {
      return this.#current;
    }
    return this.#byGroup.get(nameGroup(item));
  }

  add(files: BatchFiles): OpenBatch {
    const batch = { files, usedAt: this.#uses };
    this.#byGroup.set(nameGroup(files), batch);
    return batch;
  }

  noteUse(batch: OpenBatch): void {
    this.#uses += 1;
    this.#current = batch;
    batch.usedAt = this.#uses;
  }

  /** The batch to close before another may be opened; null if there is room for one more. */
  findSurplus(): OpenBatch | null {
    if (this.size < openBatchesMax) return null;
    return this.list().reduce((oldest, batch) => (batch.usedAt < oldest.usedAt ? batch : oldest));
  }

  remove({ files }: OpenBatch): void {
    this.#byGroup.delete(nameGroup(files));
    if (this.#current?.files === files) this.#current = undefined;
  }

  clear(): void {
    this.#byGroup.clear();
    this.#current = undefined;
  }
}

function nameGroup({
  model,
  endpoint,
  realtimeCause,
}: Pick<PlannedItem, 'model' | 'endpoint' | 'realtimeCause'>): string {
  return `${realtimeCause ?? ''}\n${endpoint}\n${model}`;
}
