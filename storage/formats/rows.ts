// A dataset's rows as every format gives them, each with its place in the file.

import type { Json, RefusalReason } from '../../domain/outcome/outcome.ts';

export interface DatasetFile {
  readonly uri: string;
  readonly format: 'jsonl';
  /** The most rows to read, from the beginning; null: all. */
  readonly limit: number | null;
}

export type DatasetRow =
  | {
      readonly kind: 'row';
      /** Number of the record, from 1: refused ones count, blank lines do not. */
      readonly row: number;
      readonly line: number;
      /** Offset after its newline. */
      readonly end: number;
      /** The record's bytes: a view, valid until the next chunk is asked for. */
      readonly raw: Buffer;
      readonly record: { [column: string]: Json };
    }
  | {
      readonly kind: 'reject';
      readonly row: number;
      readonly line: number;
      readonly end: number;
      readonly reason: RefusalReason;
      /** Our own text, which never quotes the line. */
      readonly message: string;
    };

/** The last row that was processed: reading continues after it. */
export interface DatasetPosition {
  readonly byte: number;
  readonly line: number;
  readonly row: number;
}

export interface ReadDatasetOptions {
  readonly from?: DatasetPosition | undefined;
  readonly signal?: AbortSignal | undefined;
}
