// A dataset's rows as every format gives them, each with its place in its file.

import type { DatasetFormat, DatasetUri } from '../../domain/dataset.ts';
import type { Json, RefusalReason, RowRefusal } from '../../domain/outcome/outcome.ts';
import type { Line } from '../lines/json-lines.ts';

export interface DatasetFile {
  readonly uri: DatasetUri;
  readonly format: DatasetFormat;
  /** The most rows to read, from the beginning; null: all. */
  readonly limit: number | null;
  /** The encoding of the text, by a name that TextDecoder knows. Default: what the file's first bytes show, otherwise UTF-8. */
  readonly encoding?: string;
  /** What separates the values of a CSV file. Default: what its first lines show. */
  readonly delimiter?: string;
  /** Columns with paths of files that each row is given with. */
  readonly files?: readonly string[];
}

/** A row as JSON text. Its number is the line of its file on which it begins; in Parquet, which has no lines, the number of the row. */
export interface RecordLine extends Line {
  /** Present if the format itself refuses the row; then `bytes` has no meaning. */
  readonly refusal?: RowRefusal;
}

/** Rows of one file. */
export interface FileRecords {
  /** The place of the file among the dataset's files, from 0. */
  readonly file: number;
  /** The file's uri if the dataset may have several files, otherwise null. */
  readonly name: string | null;
  readonly lines: readonly RecordLine[];
}

interface RowPlace {
  /** Number of the record in the dataset, from 1: refused ones count, blank lines do not. */
  readonly row: number;
  /** The file of the row if the dataset may have several files, otherwise null. */
  readonly file: string | null;
  readonly line: number;
  /** The `byte` of a position after this row. */
  readonly end: number;
}

export type DatasetRow =
  | (RowPlace & {
      readonly kind: 'row';
      /** The record's bytes: a view, valid until the next chunk is asked for. */
      readonly raw: Buffer;
      readonly record: { [column: string]: Json };
    })
  | (RowPlace & {
      readonly kind: 'reject';
      readonly reason: RefusalReason;
      /** Our own text, which never quotes the line. */
      readonly message: string;
    });

/** The last row that was processed: reading continues after it. */
export interface DatasetPosition {
  /** The place of its file among the dataset's files; absent: 0. */
  readonly file?: number;
  /** Where the row ends in the file's text, after decompression and as UTF-8. In Parquet: the number of the row in its file. */
  readonly byte: number;
  readonly line: number;
  readonly row: number;
}

export interface ReadDatasetOptions {
  readonly from?: DatasetPosition | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How a format reads one file: from a position in it, or from its beginning. */
export interface ReadFileOptions {
  readonly from: Pick<DatasetPosition, 'byte' | 'line'>;
  readonly signal?: AbortSignal | undefined;
}
