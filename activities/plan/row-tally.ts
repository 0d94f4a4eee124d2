// Counts the outcomes of a dataset's rows, and decides whether too many were refused to continue with the rest.

import { describeUri } from '../../domain/dataset.ts';
import type { JobSpec, RowCounts } from '../../domain/job.ts';
import type { RefusalReason, RowRefusal } from '../../domain/outcome/outcome.ts';
import { InvariantBroken, JobRefused } from '../../domain/refusal.ts';
import type { Part, RejectSummary } from '../../job-folder/plan/plan-parts.ts';
import type { DatasetRow } from '../../storage/formats/rows.ts';

/** The number of refused rows that the job's own refusal shows; `rejects.jsonl` has them all. */
const shownRejectsMax = 5;

type Writable<T> = { -readonly [name in keyof T]: T[name] };

export class RowTally {
  readonly #counts: Writable<RowCounts> = { rows: 0, accepted: 0, refused: 0, duplicates: 0, carriedOver: 0 };
  readonly #reasons: Partial<Record<RefusalReason, number>> = {};
  readonly #first: string[] = [];

  /** `last` is the last part of an earlier planner; counting continues after it. */
  constructor(last: Part | undefined) {
    if (last === undefined) return;
    Object.assign(this.#counts, last.counts);
    Object.assign(this.#reasons, last.rejects.reasons);
    this.#first.push(...last.rejects.first);
  }

  get counts(): RowCounts {
    return this.#counts;
  }

  get rejects(): RejectSummary {
    return { reasons: this.#reasons, first: this.#first };
  }

  addRow(): void {
    this.#counts.rows += 1;
  }

  add(what: 'accepted' | 'duplicates'): void {
    this.#counts[what] += 1;
  }

  addCarriedOver(isInDoubt: boolean): void {
    this.#counts.carriedOver += 1;
    if (isInDoubt) this.#counts.carriedInDoubt = (this.#counts.carriedInDoubt ?? 0) + 1;
  }

  /** Returns the row's line of `rejects.jsonl`. A dataset that may have several files names that of the row. */
  addRefused({ file, line }: Pick<DatasetRow, 'file' | 'line'>, { id, reason, message: words }: RowRefusal): string {
    const message = words.startsWith(`line ${line}: `) ? words : `line ${line}: ${words}`;
    this.#counts.refused += 1;
    this.#reasons[reason] = (this.#reasons[reason] ?? 0) + 1;
    const where = file === null ? message : `${file}, ${message}`;
    if (this.#first.length < shownRejectsMax) this.#first.push(`${reason}: ${where}`);
    return JSON.stringify({
      ...(file === null ? {} : { file }),
      line,
      ...(id === undefined ? {} : { id }),
      reason,
      message,
    });
  }

  /** Call it after all rows are counted. Throws if the job is to be refused. */
  check({ dataset, maxRejectRate }: Pick<JobSpec, 'dataset' | 'maxRejectRate'>): void {
    checkSum(this.#counts);
    const { rows, refused } = this.#counts;
    const where = 'dataset';
    const empty = { where, message: `${describeUri(dataset.uri)} has no rows` };
    if (rows === 0) throw new JobRefused('dataset_empty', [empty]);
    if (refused < rows && refused <= rows * maxRejectRate) return;
    const why = Object.entries(this.#reasons).map(([reason, count]) => `${count} ${reason}`);
    const message = `${refused} of ${rows} rows are refused, more than maxRejectRate ${maxRejectRate} allows: ${why.join(', ')}`;
    const shown = this.#first.map((each) => ({ where, message: each }));
    throw new JobRefused('too_many_rejects', [{ where, message }, ...shown]);
  }
}

function checkSum({ rows, accepted, refused, duplicates, carriedOver }: RowCounts): void {
  if (rows === accepted + refused + duplicates + carriedOver) return;
  throw new InvariantBroken(
    `${rows} rows are not ${accepted} accepted, ${refused} refused, ${duplicates} duplicates and ${carriedOver} carried over`,
  );
}
