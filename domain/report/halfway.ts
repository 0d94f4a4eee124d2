// The forecast of a job's cost when half of its batches had ended: next to the cost, it shows how far forecasts of such jobs can be trusted.

import {
  addSpending,
  type Forecast,
  forecast,
  nothingSpent,
  readSpending,
  type Spending,
  type WholeWork,
} from '../money/forecast.ts';
import type { Tally } from '../outcome/outcome.ts';

export class Halfway {
  readonly #ended: { readonly at: number; readonly spending: Spending | undefined }[] = [];

  add(tally: Tally): void {
    if (tally.endedAt !== null) this.#ended.push({ at: tally.endedAt, spending: readSpending(tally) });
  }

  /** Null if too few batches have ended for a half, or one of them is of an earlier version. */
  forecast(whole: WholeWork): Forecast | null {
    const first = this.#ended.toSorted((a, b) => a.at - b.at).slice(0, Math.floor(this.#ended.length / 2));
    const spending = first.reduce<Spending | undefined>((sum, each) => addSpending(sum, each.spending), nothingSpent);
    return forecast(spending, whole);
  }
}
