// How far a pass has come, and where its last part ended. Where a part ends depends on rows alone, never on time: a planner that resumes
// ends its parts at the same rows.

import type { ManifestEntry } from '../../job-folder/plan/manifest.ts';
import type { DatasetPosition, DatasetRow } from '../../storage/formats/rows.ts';

export class PartBoundary {
  readonly #partRows: number;
  #position: DatasetPosition;
  /** Where the last part ended: its last row, and how many batches were closed by then. */
  #last: { readonly row: number; readonly batches: number };

  constructor(partRows: number, position: DatasetPosition, batches: number) {
    this.#partRows = partRows;
    this.#position = position;
    this.#last = { row: position.row, batches };
  }

  /** The last row that was dealt with. */
  get position(): DatasetPosition {
    return this.#position;
  }

  get isDue(): boolean {
    return this.#position.row - this.#last.row >= this.#partRows;
  }

  moveTo({ end, line, row }: DatasetRow): void {
    this.#position = { byte: end, line, row };
  }

  /** Ends a part here. Gives the batches that were closed since the last one. */
  endPart(closed: readonly ManifestEntry[]): readonly ManifestEntry[] {
    const entries = closed.slice(this.#last.batches);
    this.#last = { row: this.#position.row, batches: closed.length };
    return entries;
  }
}
