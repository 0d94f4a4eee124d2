// A table that is written row by row, and appears whole or not at all.

import type { Cell, ColumnType } from '../../../domain/outcome/result-columns.ts';

export interface TableColumn {
  readonly name: string;
  readonly type: ColumnType;
}

export interface TableWriter {
  /** One cell for each column. Await it before the next call. */
  write(cells: readonly Cell[]): Promise<void>;
  close(): Promise<void>;
  abort(): Promise<void>;
}
