// The rows that cost most: a few numbers for the report, however many rows there are.

import { Largest } from './largest.ts';

/** A row is named by its number: a report holds nothing of the row itself. */
export interface ExpensiveRow {
  readonly row: number;
  readonly usd: number;
}

const rowsMax = 20;

export class MostExpensiveRows {
  readonly #largest = new Largest<ExpensiveRow>(rowsMax, ({ usd }) => usd);

  /** Rows that cost nothing, and rows of which the cost is unknown, are left out. */
  add(row: number, usd: number | null): void {
    if (usd === null || usd <= 0 || !this.#largest.wouldKeep(usd)) return;
    this.#largest.add({ row, usd });
  }

  /** The most expensive first. Of equally expensive rows, the one that was added first. */
  get rows(): readonly ExpensiveRow[] {
    return this.#largest.values;
  }
}
