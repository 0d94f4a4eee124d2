// The rows that cost most: a handful of numbers, however many rows there are.

/** By its number: nothing of a row itself is in a report. */
export interface DearRow {
  readonly row: number;
  readonly usd: number;
}

const dearestMax = 20;

export class Dearest {
  readonly #rows: DearRow[] = [];

  add(row: number, usd: number | null): void {
    if (usd === null || usd <= 0) return;
    const full = this.#rows.length === dearestMax;
    if (full && usd <= (this.#rows.at(-1)?.usd ?? 0)) return;
    const place = this.#rows.findIndex((other) => other.usd < usd);
    this.#rows.splice(place === -1 ? this.#rows.length : place, 0, { row, usd });
    if (full) this.#rows.pop();
  }

  /** The dearest first; of equally dear ones, the earlier row. */
  get rows(): readonly DearRow[] {
    return this.#rows;
  }
}
