// The position of a pass, and where its last part ended. The end of a part depends only on rows, never on time: a planner that resumes ends its
// parts at the same rows.

import type { ManifestEntry } from '../../job-folder/plan/manifest.ts';
import type { DatasetPosition, DatasetRow } from '../../storage/formats/rows.ts';

export class PartBoundary {
  readonly #partRows: number;
  #position: DatasetPosition;
  /** The end of the last part: its last row, and how many batches were closed by then. */
  #last: { readonly row: number; readonly batches: number };

  constructor(partRows: number, position: DatasetPosition, batches: number) {
    this.#partRows = partRows;
    this.#position = position;
    this.#last = { row: position.row, batches };
  }

  /** The last row that was processed. */
  get position(): DatasetPosition {
    return this.#position;
  }

  get isDue(): boolean {
    return this.#position.row - this.#last.row >= this.#partRows;
  }

  moveTo({ end, line, row }: DatasetRow): void {
    this.#position = { byte: end, line, row };
  }

  /** Ends a part here. Returns the batches that were closed since the last part. */
  endPart(closed: readonly ManifestEntry[]): readonly ManifestEntry[] {
    const entries = closed.slice(this.#last.batches);
    this.#last = { row: this.#position.row, batches: closed.length };
    return entries;
  }
}
