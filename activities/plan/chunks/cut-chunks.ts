// Cuts a dataset into chunks of rows for threads, by rows and bytes only, and keeps the place of each row.

import type { RowRefusal } from '../../../domain/outcome/outcome.ts';
import { findLineRefusal, readRecords } from '../../../storage/formats/dataset.ts';
import type { DatasetFile, DatasetPosition, FileRecords, RecordLine } from '../../../storage/formats/rows.ts';
import type { Store } from '../../../storage/store.ts';
import type { BufferStock } from '../../../threads/buffer-stock.ts';
import { LinePacker, type PackedLines } from '../../../threads/packed-lines.ts';

/** Rows of one file that are rendered together. */
export interface RowChunk extends Pick<FileRecords, 'file' | 'name'> {
  /** Where the row before the first one ends. */
  readonly from: DatasetPosition;
  readonly count: number;
  /** The line number of each row, and the offset after its newline. */
  readonly lineNumbers: Float64Array;
  readonly ends: Float64Array;
  /** An empty line for each row that is refused already. */
  readonly lines: PackedLines;
  /** Rows that are not parsed, by their index. */
  readonly refusals: ReadonlyMap<number, RowRefusal>;
}

export interface ChunkBounds {
  /** A chunk ends when it has so many rows, or so many bytes. A longer row is a chunk of its own. */
  readonly rowsMax: number;
  readonly bytesMax: number;
  /** Counted for each row in addition to its own bytes: what its rendering adds. */
  readonly bytesPerRow: number;
}

interface CutOptions {
  readonly store: Store;
  readonly dataset: DatasetFile;
  readonly from: DatasetPosition;
  readonly signal: AbortSignal;
  readonly stock: BufferStock;
  readonly bounds: ChunkBounds;
}

export async function* cutChunks({
  store,
  dataset,
  from,
  signal,
  stock,
  bounds,
}: CutOptions): AsyncGenerator<RowChunk> {
  let open: OpenChunk | null = null;
  let end = from;
  for await (const { file, name, lines } of readRecords(store, dataset, { from, signal })) {
    for (const line of lines) {
      if (open !== null && !(open.file === file && open.hasRoom(line))) {
        const chunk = open.finish();
        yield chunk;
        end = endOf(chunk);
        open = null;
      }
      open ??= new OpenChunk({ file, name }, end, stock, bounds);
      open.add(line);
    }
  }
  if (open !== null) yield open.finish();
}

/** The last row of a chunk. */
function endOf({ file, from, count, lineNumbers, ends }: RowChunk): DatasetPosition {
  return {
    ...(file === 0 ? {} : { file }),
    byte: ends[count - 1] ?? from.byte,
    line: lineNumbers[count - 1] ?? from.line,
    row: from.row + count,
  };
}

class OpenChunk {
  readonly file: number;
  readonly #name: string | null;
  readonly #from: DatasetPosition;
  readonly #bounds: ChunkBounds;
  readonly #packer: LinePacker;
  readonly #lineNumbers: Float64Array;
  readonly #ends: Float64Array;
  readonly #refusals = new Map<number, RowRefusal>();
  #bytes = 0;
  count = 0;

  constructor(
    { file, name }: Pick<FileRecords, 'file' | 'name'>,
    from: DatasetPosition,
    stock: BufferStock,
    bounds: ChunkBounds,
  ) {
    this.file = file;
    this.#name = name;
    this.#from = from;
    this.#bounds = bounds;
    this.#packer = new LinePacker(stock, bounds.rowsMax);
    this.#lineNumbers = new Float64Array(bounds.rowsMax);
    this.#ends = new Float64Array(bounds.rowsMax);
  }

  hasRoom({ bytes }: RecordLine): boolean {
    if (this.count === 0) return true;
    const { rowsMax, bytesMax, bytesPerRow } = this.#bounds;
    return this.count < rowsMax && this.#bytes + (bytes?.length ?? 0) + bytesPerRow <= bytesMax;
  }

  add(line: RecordLine): void {
    const { number, end, bytes } = line;
    const refusal = findLineRefusal(line);
    if (refusal !== null) {
      this.#refusals.set(this.count, refusal);
    } else if (bytes !== null) {
      this.#packer.addBytes(bytes);
      this.#bytes += bytes.length;
    }
    this.#packer.endLine();
    this.#bytes += this.#bounds.bytesPerRow;
    this.#lineNumbers[this.count] = number;
    this.#ends[this.count] = end;
    this.count += 1;
  }

  finish(): RowChunk {
    return {
      file: this.file,
      name: this.#name,
      from: this.#from,
      count: this.count,
      lineNumbers: this.#lineNumbers,
      ends: this.#ends,
      lines: this.#packer.finish(),
      refusals: this.#refusals,
    };
  }
}
