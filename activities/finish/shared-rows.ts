// Rows that share an earlier row's item, put among the results at their place in the dataset.

import { formatResult, shareResult, type WrittenResult } from '../../domain/outcome/merge.ts';
import { InvariantBroken } from '../../domain/refusal.ts';
import { duplicatesFile } from '../../job-folder/paths.ts';
import { type LineCursor, lineCursor } from '../../storage/lines/json-lines.ts';
import type { Store } from '../../storage/store.ts';
import type { ActivityDeps } from '../deps.ts';
import { type Place, ScratchFile } from '../scratch-file.ts';

/** A line of the plan's duplicates, which are in the order of their rows. */
interface SharedRow {
  readonly row: number;
  readonly id: string | number;
  readonly sameAs: number;
}

/** Memory holds the places of the earlier rows' results; their texts are in a scratch file. */
export class SharedRows {
  readonly #cursor: LineCursor;
  readonly #results: ScratchFile;
  /** By the earlier row; null until its result is known. */
  readonly #places: Map<number, Place | null>;
  #next: SharedRow | null = null;

  private constructor(cursor: LineCursor, results: ScratchFile, places: Map<number, Place | null>) {
    this.#cursor = cursor;
    this.#results = results;
    this.#places = places;
  }

  static async open(deps: Pick<ActivityDeps, 'store' | 'scratch' | 'randomHex'>, output: string): Promise<SharedRows> {
    const uri = duplicatesFile(output);
    const places = await readEarlierRows(deps.store, uri);
    const rows = new SharedRows(lineCursor(deps.store.read(uri)), new ScratchFile(deps, 'shared'), places);
    await rows.#advance();
    return rows;
  }

  /** Keeps the result if a later row shares it. */
  keep({ facts: { row }, line }: WrittenResult): void {
    if (this.#places.has(row)) this.#places.set(row, this.#results.append(line));
  }

  isDue(row: number): boolean {
    return this.#next !== null && this.#next.row < row;
  }

  /** Puts every shared row whose number is below this one. */
  async putBefore(row: number, put: (result: WrittenResult) => void | Promise<void>): Promise<void> {
    for (let next = this.#next; next !== null && next.row < row; next = this.#next) {
      const place = this.#places.get(next.sameAs) ?? null;
      if (place === null) throw new InvariantBroken(`row ${next.row} shares row ${next.sameAs}, which has no result`);
      await put(formatResult(shareResult(JSON.parse(this.#results.read(place)), next.row, next.id)));
      await this.#advance();
    }
  }

  async close(): Promise<void> {
    this.#results.close();
    await this.#cursor.close();
  }

  async #advance(): Promise<void> {
    const line = await this.#cursor.next();
    this.#next = line?.bytes == null || line.length === 0 ? null : JSON.parse(line.bytes.toString());
  }
}

async function readEarlierRows(store: Store, uri: string): Promise<Map<number, Place | null>> {
  const places = new Map<number, Place | null>();
  const cursor = lineCursor(store.read(uri));
  for (let line = await cursor.next(); line?.bytes != null; line = await cursor.next()) {
    if (line.length === 0) continue;
    const { sameAs }: SharedRow = JSON.parse(line.bytes.toString());
    places.set(sameAs, null);
  }
  await cursor.close();
  return places;
}
