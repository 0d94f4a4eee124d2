// The position of a pass, and where its last part ended. The end of a part depends only on rows, never on time: a planner that resumes ends its
// parts at the same rows.

import type { ManifestEntry } from '../../job-folder/plan/manifest.ts';
import type { DatasetPosition } from '../../storage/formats/rows.ts';

export class PartBoundary {
  readonly #partRows: number;
  // Numbers instead of a position, because they change with every row.
  #file: number;
  #byte: number;
  #line: number;
  #row: number;
  /** The end of the last part: its last row, and how many batches were closed by then. */
  #last: { readonly row: number; readonly batches: number };

  constructor(partRows: number, position: DatasetPosition, batches: number) {
    this.#partRows = partRows;
    this.#file = position.file ?? 0;
    this.#byte = position.byte;
    this.#line = position.line;
    this.#row = position.row;
    this.#last = { row: position.row, batches };
  }

  /** The last row that was processed. */
  get position(): DatasetPosition {
    const file = this.#file === 0 ? {} : { file: this.#file };
    return { ...file, byte: this.#byte, line: this.#line, row: this.#row };
  }

  get isDue(): boolean {
    return this.#row - this.#last.row >= this.#partRows;
  }

  moveTo({ file = 0, byte, line, row }: DatasetPosition): void {
    this.#file = file;
    this.#byte = byte;
    this.#line = line;
    this.#row = row;
  }

  /** Ends a part here. Returns the batches that were closed since the last part. */
  endPart(closed: readonly ManifestEntry[]): readonly ManifestEntry[] {
    const entries = closed.slice(this.#last.batches);
    this.#last = { row: this.#row, batches: closed.length };
    return entries;
  }
}
