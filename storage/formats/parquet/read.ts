// Reads Parquet, one row group after the other, and of each a few rows at a time.

import { setImmediate } from 'node:timers/promises';
import type { FileMetaData, RowGroup } from 'hyparquet';
import { JobRefused } from '../../../domain/refusal.ts';
import { type Store, StoreError } from '../../store.ts';
import { encodeRow } from '../jsonl-record.ts';
import type { DatasetFile, ReadFileOptions, RecordLine } from '../rows.ts';
import { refuseFile } from '../unreadable.ts';
import { openParquetFile, type ParquetFile } from './file.ts';
import { loadParquet, type Parquet } from './library.ts';
import { addOlderNames, type ColumnWriter, columnWriters, jsonParsers, keepDecimalsExact, NotText } from './values.ts';

export interface GroupBounds {
  /** The stored bytes of a row group are held in memory. */
  readonly storedBytesMax: number;
  /** What they are decompressed to, a page at a time. */
  readonly bytesMax: number;
  /** The same for a row group with lists or structures: these are decompressed together. */
  readonly nestedBytesMax: number;
}

const megabyte = 1024 * 1024;
const groupBounds: GroupBounds = {
  storedBytesMax: 256 * megabyte,
  bytesMax: 1024 * megabyte,
  nestedBytesMax: 128 * megabyte,
};
/** Rows that are decoded together take about so many bytes, and are at most so many. Their texts, too, have about so many bytes. */
const sliceBytes = megabyte;
const sliceRowsMax = 5000;

/** Bytes between the columns of a row group that are held with them. */
const gapBytes = 16 * megabyte;

export async function* readParquet(
  store: Store,
  uri: string,
  _dataset: Pick<DatasetFile, 'format'>,
  { from, signal }: ReadFileOptions,
  bounds = groupBounds,
): AsyncGenerator<readonly RecordLine[]> {
  const parquet = await loadParquet();
  const file = await openParquetFile(store, uri, signal);
  const metadata = await readMetadata(parquet, file);
  const reader = new GroupReader(parquet, file, metadata);
  let start = 0;
  for (const [index, group] of metadata.row_groups.entries()) {
    const end = start + Number(group.num_rows);
    if (end > from.byte) {
      reader.checkSize(group, index, bounds);
      yield* reader.read(index, { start, from: Math.max(start, from.byte), end });
    }
    start = end;
  }
}

async function readMetadata(parquet: Parquet, file: ParquetFile): Promise<FileMetaData> {
  try {
    return addOlderNames(await parquet.parquetMetadataAsync(file.buffer));
  } catch (error) {
    throw passOn(error) ?? refuseFile(file.uri, 'it is not Parquet, or it is cut short: get the file again');
  }
}

/** Failures of the store and of the activity are not the file's. */
function passOn(error: unknown): unknown {
  const isOurs = error instanceof StoreError || error instanceof JobRefused;
  return isOurs || (error instanceof Error && error.name === 'AbortError') ? error : null;
}

/** A row, with one value for each column. */
type Values = readonly unknown[];

interface GroupRows {
  /** Rows of the file before the group. */
  readonly start: number;
  /** Rows of the file before the first one to read. */
  readonly from: number;
  readonly end: number;
}

class GroupReader {
  readonly #parquet: Parquet;
  readonly #file: ParquetFile;
  readonly #metadata: FileMetaData;
  readonly #writers: readonly ColumnWriter[];
  readonly #isNested: boolean;

  constructor(parquet: Parquet, file: ParquetFile, metadata: FileMetaData) {
    this.#parquet = parquet;
    this.#file = file;
    const columns = parquet.parquetSchema(metadata).children;
    const names = columns.map(({ element }) => element.name);
    const again = names.find((name, index) => names.indexOf(name) !== index);
    if (again !== undefined) throw refuseFile(file.uri, 'two of its columns have the same name');
    this.#isNested = columns.some(
      ({ children, element }) => children.length > 0 || element.repetition_type === 'REPEATED',
    );
    this.#writers = columnWriters(columns);
    this.#metadata = keepDecimalsExact(metadata, columns);
  }

  /** Throws if memory may not be enough for the row group. */
  checkSize(group: RowGroup, index: number, bounds: GroupBounds): void {
    const bytes = Number(group.total_byte_size);
    const stored = group.columns.reduce((sum, { meta_data }) => sum + Number(meta_data?.total_compressed_size ?? 0), 0);
    const bytesMax = this.#isNested ? bounds.nestedBytesMax : bounds.bytesMax;
    if (stored <= bounds.storedBytesMax && bytes <= bytesMax) return;
    const [size, most, what] =
      stored > bounds.storedBytesMax ? [stored, bounds.storedBytesMax, 'stored '] : [bytes, bytesMax, ''];
    throw refuseFile(
      this.#file.uri,
      `row group ${index + 1} has ${size} ${what}bytes, of ${most} that it may have: write the file with smaller row groups`,
    );
  }

  async *read(index: number, { start, from, end }: GroupRows): AsyncGenerator<readonly RecordLine[]> {
    const group = this.#metadata.row_groups[index];
    if (group === undefined) return;
    const held = await this.#hold(group, index);
    const step = this.#isNested ? end - start : countSliceRows(group);
    // Cut at the same rows wherever reading begins.
    for (let row = start; row < end; row += step) {
      const last = Math.min(row + step, end);
      if (last <= from) continue;
      const rows = await this.#readSlice(held, index, row, last);
      const skipped = Math.max(0, from - row);
      for (const lines of this.#writeRows(rows.slice(skipped), row + skipped + 1)) {
        yield lines;
        // Nothing else runs while rows are decoded.
        await setImmediate();
      }
    }
  }

  /** Decoded rows share the values of a dictionary, but as text each row has its own: they are written a few at a time. */
  *#writeRows(rows: readonly Values[], first: number): Generator<readonly RecordLine[]> {
    let lines: RecordLine[] = [];
    let bytes = 0;
    for (const [at, values] of rows.entries()) {
      const line = this.#writeRow(values, first + at);
      lines.push(line);
      bytes += line.bytes?.length ?? 0;
      if (bytes < sliceBytes) continue;
      yield lines;
      lines = [];
      bytes = 0;
    }
    if (lines.length > 0) yield lines;
  }

  /** The columns of a row group are next to each other in the file. */
  async #hold({ columns }: RowGroup, index: number): Promise<ParquetFile['buffer']> {
    const chunks = columns.flatMap(({ meta_data: chunk }) => (chunk === undefined ? [] : [chunk]));
    const starts = chunks.map((chunk) => Number(chunk.dictionary_page_offset || chunk.data_page_offset));
    const ends = chunks.map((chunk, at) => (starts[at] ?? 0) + Number(chunk.total_compressed_size));
    const start = Math.min(...starts);
    const end = Math.max(...ends);
    const isInFile = start >= 0 && start < end && end <= this.#file.buffer.byteLength;
    if (!isInFile) throw this.#refuseGroup(index);
    // Columns that lie far apart are read one by one: the sizes that were checked do not count what is between them.
    const sizes = chunks.reduce((sum, { total_compressed_size: size }) => sum + Number(size), 0);
    return end - start > sizes + gapBytes ? this.#file.buffer : this.#file.hold(start, end);
  }

  async #readSlice(
    file: ParquetFile['buffer'],
    index: number,
    rowStart: number,
    rowEnd: number,
  ): Promise<readonly Values[]> {
    let rows: readonly Values[] = [];
    try {
      await this.#parquet.parquetRead({
        file,
        metadata: this.#metadata,
        compressors: this.#parquet.compressors,
        parsers: jsonParsers,
        utf8: false,
        rowStart,
        rowEnd,
        onComplete: (read) => {
          rows = read;
        },
      });
    } catch (error) {
      throw passOn(error) ?? this.#refuseGroup(index);
    }
    if (rows.length !== rowEnd - rowStart) throw this.#refuseGroup(index);
    return rows;
  }

  #writeRow(values: Values, number: number): RecordLine {
    const write = (): string => `{${values.map((value, at) => this.#writers[at]?.(value) ?? '').join(',')}}`;
    return { number, start: number - 1, end: number, isEnded: true, ...encodeText(write) };
  }

  #refuseGroup(index: number): JobRefused {
    const why = `row group ${index + 1} cannot be read: the file is damaged, or uses something that is not supported`;
    return refuseFile(this.#file.uri, why);
  }
}

function encodeText(write: () => string): ReturnType<typeof encodeRow> {
  try {
    return encodeRow(write);
  } catch (error) {
    if (!(error instanceof NotText)) throw error;
    const message = 'a text that is not valid UTF-8; write such a column without a type, as bytes';
    return { bytes: null, length: 0, refusal: { reason: 'invalid_utf8', message } };
  }
}

function countSliceRows({ num_rows, total_byte_size }: RowGroup): number {
  const bytesPerRow = Math.max(1, Number(total_byte_size) / Math.max(1, Number(num_rows)));
  return Math.max(1, Math.min(sliceRowsMax, Math.floor(sliceBytes / bytesPerRow)));
}
