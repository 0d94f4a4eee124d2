// The most expensive rows: a few numbers for the report, however many rows there are.

import { Largest } from './largest.ts';

/** Names a row by its number: a report holds nothing of the row itself. */
export interface ExpensiveRow {
  readonly row: number;
  readonly usd: number;
}

const rowsMax = 20;

export class MostExpensiveRows {
  readonly #largest = new Largest<ExpensiveRow>(rowsMax, ({ usd }) => usd);

  /** Leaves out rows that cost nothing or whose cost is unknown. */
  add(row: number, usd: number | null): void {
    if (usd === null || usd <= 0 || !this.#largest.wouldKeep(usd)) return;
    this.#largest.add({ row, usd });
  }

  /** The most expensive first. Rows of equal cost are in the order in which they were added. */
  get rows(): readonly ExpensiveRow[] {
    return this.#largest.values;
  }
}
