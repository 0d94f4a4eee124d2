// Puts rows that share an earlier row's item among the results, at their place in the dataset.

import { formatResult, shareResult, type WrittenResult } from '../../domain/outcome/merge.ts';
import { InvariantBroken } from '../../domain/refusal.ts';
import { duplicatesFile } from '../../job-folder/paths.ts';
import { type LineCursor, lineCursor } from '../../storage/lines/json-lines.ts';
import type { Store } from '../../storage/store.ts';
import type { ActivityDeps } from '../deps.ts';
import { type Place, ScratchFile } from '../scratch-file.ts';
import { RowSet } from './row-set.ts';

/** A line of the plan's duplicates, which are in row order. */
interface SharedRow {
  readonly row: number;
  readonly id: string | number;
  readonly sameAs: number;
}

/** Digits of an offset and of a length in the scratch file of places: all entries are equally long. */
const [offsetDigits, lengthDigits] = [16, 10];
const entryBytes = offsetDigits + lengthDigits;

/**
 * Memory holds which earlier rows are shared, as bits, however many rows share them. The texts of their results are in a scratch file, and
 * their places in another: the nth entry belongs to the nth shared row.
 */
export class SharedRows {
  readonly #cursor: LineCursor;
  readonly #results: ScratchFile;
  readonly #places: ScratchFile;
  /** Rows whose results later rows share. */
  readonly earlier: RowSet;
  #kept = 0;
  #next: SharedRow | null = null;

  private constructor(
    cursor: LineCursor,
    earlier: RowSet,
    { results, places }: Record<'results' | 'places', ScratchFile>,
  ) {
    this.#cursor = cursor;
    this.earlier = earlier;
    this.#results = results;
    this.#places = places;
  }

  static async open(deps: Pick<ActivityDeps, 'store' | 'scratch' | 'randomHex'>, output: string): Promise<SharedRows> {
    const uri = duplicatesFile(output);
    const earlier = await readEarlierRows(deps.store, uri);
    const files = { results: new ScratchFile(deps, 'shared'), places: new ScratchFile(deps, 'places') };
    const rows = new SharedRows(lineCursor(deps.store.read(uri)), earlier, files);
    await rows.#advance();
    return rows;
  }

  /** Keeps the result if a later row shares it. Results come in row order. */
  keep({ facts: { row }, line }: WrittenResult): void {
    if (!this.earlier.has(row)) return;
    // With another number, all later rows would get the results of others.
    if (this.earlier.countBelow(row) !== this.#kept) {
      throw new InvariantBroken(`a shared row before ${row} has no result`);
    }
    const { offset, length } = this.#results.append(line);
    this.#places.append(String(offset).padStart(offsetDigits, '0') + String(length).padStart(lengthDigits, '0'));
    this.#kept += 1;
  }

  isDue(row: number): boolean {
    return this.nextRow < row;
  }

  /** The next row that shares another one's result; infinite after the last. */
  get nextRow(): number {
    return this.#next?.row ?? Number.POSITIVE_INFINITY;
  }

  /** Puts every shared row whose number is below this one. */
  async putBefore(row: number, put: (result: WrittenResult) => void | Promise<void>): Promise<void> {
    for (let next = this.#next; next !== null && next.row < row; next = this.#next) {
      const place = this.#findPlace(next.sameAs);
      if (place === null) throw new InvariantBroken(`row ${next.row} shares row ${next.sameAs}, which has no result`);
      await put(formatResult(shareResult(JSON.parse(this.#results.read(place)), next.row, next.id)));
      await this.#advance();
    }
  }

  async close(): Promise<void> {
    this.#results.close();
    this.#places.close();
    await this.#cursor.close();
  }

  /** Null if the row has no result yet. */
  #findPlace(row: number): Place | null {
    const number = this.earlier.countBelow(row);
    if (!this.earlier.has(row) || number >= this.#kept) return null;
    const entry = this.#places.read({ offset: number * entryBytes, length: entryBytes });
    return { offset: Number(entry.slice(0, offsetDigits)), length: Number(entry.slice(offsetDigits)) };
  }

  async #advance(): Promise<void> {
    const line = await this.#cursor.next();
    this.#next = line?.bytes == null || line.length === 0 ? null : JSON.parse(line.bytes.toString());
  }
}

async function readEarlierRows(store: Store, uri: string): Promise<RowSet> {
  const earlier = new RowSet();
  const cursor = lineCursor(store.read(uri));
  for (let line = await cursor.next(); line?.bytes != null; line = await cursor.next()) {
    if (line.length === 0) continue;
    const { sameAs }: SharedRow = JSON.parse(line.bytes.toString());
    earlier.add(sameAs);
  }
  await cursor.close();
  return earlier;
}
