// Sums over the results of a job, in the order in which they are written.

import { roundKnown } from '../../domain/money/cost.ts';
import type { ResultFacts } from '../../domain/outcome/merge.ts';
import { addCounts, type Counts } from '../../domain/outcome/outcome.ts';
import { plus } from '../../domain/outcome/usage.ts';
import { InvariantBroken } from '../../domain/refusal.ts';
import { type ExpensiveRow, MostExpensiveRows } from '../../domain/report/expensive-rows.ts';
import { namedMax } from '../../domain/report/report.ts';
import type { Run } from './answer-source.ts';

export interface ResultsSummary {
  readonly answered: number;
  readonly failed: number;
  readonly byReason: Counts;
  /** Rows by the number of their attempts. */
  readonly attempts: Readonly<Record<string, number>>;
  readonly costUsd: number | null;
  /** Rows of unknown cost. Absent if an older worker merged. */
  readonly unpricedRows?: number;
  /** Absent if an older worker merged. */
  readonly dearestRows?: readonly ExpensiveRow[];
  /** Provider batches of the rows in doubt, as far as they are known: the first few. Absent if an older worker merged. */
  readonly inDoubtBatches?: readonly string[];
}

export class ResultsTally {
  #answered = 0;
  #failed = 0;
  #byReason: Counts = {};
  #costUsd: number | null = null;
  #unpricedRows = 0;
  #lastRow = 0;
  readonly #attempts: Record<string, number> = {};
  readonly #mostExpensive = new MostExpensiveRows();
  readonly #inDoubtBatches = new Set<string>();

  add(result: ResultFacts): void {
    this.#moveTo(result.row);
    if (result.status === 'answered') {
      this.#answered += 1;
    } else {
      this.#failed += 1;
      this.#byReason = addCounts(this.#byReason, { [result.reason ?? 'provider_error']: 1 });
      if (result.reason === 'in_doubt') this.#nameBatch(result.batchId ?? null);
    }
    this.#attempts[result.attempts] = (this.#attempts[result.attempts] ?? 0) + 1;
    this.#addCost(result.row, result.costUsd);
  }

  /** Answers, each of a single attempt. */
  addRun({ rows, costs }: Run): void {
    for (let index = 0; index < rows.length; index++) {
      const [row = 0, cost = Number.NaN] = [rows[index], costs[index]];
      this.#moveTo(row);
      this.#addCost(row, Number.isNaN(cost) ? null : cost);
    }
    this.#answered += rows.length;
    this.#attempts[1] = (this.#attempts[1] ?? 0) + rows.length;
  }

  #moveTo(row: number): void {
    if (row <= this.#lastRow) throw new InvariantBroken(`row ${row} comes after row ${this.#lastRow}`);
    this.#lastRow = row;
  }

  #addCost(row: number, costUsd: number | null): void {
    this.#costUsd = plus(this.#costUsd, costUsd);
    if (costUsd === null) this.#unpricedRows += 1;
    this.#mostExpensive.add(row, costUsd);
  }

  #nameBatch(batchId: string | null): void {
    if (batchId !== null && this.#inDoubtBatches.size < namedMax) this.#inDoubtBatches.add(batchId);
  }

  get lines(): number {
    return this.#answered + this.#failed;
  }

  requireLines(expected: number): void {
    if (this.lines !== expected) {
      throw new InvariantBroken(`${expected} rows were accepted, ${this.lines} have a result`);
    }
  }

  get summary(): ResultsSummary {
    return {
      answered: this.#answered,
      failed: this.#failed,
      byReason: this.#byReason,
      attempts: this.#attempts,
      costUsd: roundKnown(this.#costUsd),
      unpricedRows: this.#unpricedRows,
      dearestRows: this.#mostExpensive.rows,
      inDoubtBatches: [...this.#inDoubtBatches],
    };
  }
}
