// Rows that share an earlier row's item, put among the results where they stand in the dataset.

import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { sharedResult, type WrittenResult, written } from '../../domain/outcome/merge.ts';
import { InvariantBroken } from '../../domain/refusal.ts';
import { duplicatesFile } from '../../job-folder/paths.ts';
import { type LineCursor, lineCursor } from '../../storage/lines/json-lines.ts';
import type { ActivityDeps } from '../deps.ts';

/** What the earlier rows became waits in a scratch file; memory holds where. */
export class SharedRows {
  readonly #cursor: LineCursor;
  readonly #path: string;
  readonly #scratch: number;
  readonly #places: Map<number, { offset: number; length: number }>;
  #next: { row: number; id: string | number; sameAs: number } | null = null;
  #end = 0;

  private constructor(path: string, cursor: LineCursor, places: Map<number, { offset: number; length: number }>) {
    this.#path = path;
    this.#cursor = cursor;
    this.#scratch = openSync(path, 'w+');
    this.#places = places;
  }

  static async open(deps: ActivityDeps, output: string): Promise<SharedRows> {
    const uri = duplicatesFile(output);
    const places = new Map<number, { offset: number; length: number }>();
    const originals = lineCursor(deps.store.read(uri));
    for (let line = await originals.next(); line?.bytes != null; line = await originals.next()) {
      if (line.length > 0) places.set(JSON.parse(line.bytes.toString()).sameAs, { offset: -1, length: 0 });
    }
    await originals.close();
    const rows = new SharedRows(
      join(deps.scratch, `shared-${deps.randomHex(8)}`),
      lineCursor(deps.store.read(uri)),
      places,
    );
    await rows.#advance();
    return rows;
  }

  keep({ facts: { row }, line }: WrittenResult): void {
    if (!this.#places.has(row)) return;
    const bytes = Buffer.from(line);
    writeSync(this.#scratch, bytes, 0, bytes.length, this.#end);
    this.#places.set(row, { offset: this.#end, length: bytes.length });
    this.#end += bytes.length;
  }

  isDue(row: number): boolean {
    return this.#next !== null && this.#next.row < row;
  }

  /** Puts every shared row that stands before this one. */
  async before(row: number, put: (result: WrittenResult) => void | Promise<void>): Promise<void> {
    for (let next = this.#next; next !== null && next.row < row; next = this.#next) {
      const place = this.#places.get(next.sameAs);
      if (place === undefined || place.offset < 0) {
        throw new InvariantBroken(`row ${next.row} shares row ${next.sameAs}, which has no result`);
      }
      const bytes = Buffer.allocUnsafe(place.length);
      readSync(this.#scratch, bytes, 0, place.length, place.offset);
      await put(written(sharedResult(JSON.parse(bytes.toString()), next.row, next.id)));
      await this.#advance();
    }
  }

  async close(): Promise<void> {
    closeSync(this.#scratch);
    rmSync(this.#path, { force: true });
    await this.#cursor.close();
  }

  async #advance(): Promise<void> {
    const line = await this.#cursor.next();
    this.#next = line?.bytes == null || line.length === 0 ? null : JSON.parse(line.bytes.toString());
  }
}
