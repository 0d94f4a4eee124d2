// Renders the first rows of a dataset as planning would, so that a mistake in the template shows before the job starts.

import { cancellationSignal } from '@temporalio/activity';
import type { RowId } from '../../domain/ids.ts';
import type { JobSpec } from '../../domain/job.ts';
import type { RowRefusal } from '../../domain/outcome/outcome.ts';
import type { Validity } from '../../domain/plan/validity.ts';
import { readDataset } from '../../storage/formats/dataset.ts';
import type { DatasetRow } from '../../storage/formats/rows.ts';
import { isRefusal, type ReadRow, rowReader } from '../../threads/tasks/row-reader.ts';
import { type ActivityDeps, requireKnownProvider } from '../deps.ts';
import { RowTally } from '../plan/row-tally.ts';

const rowsTried = 100;

/** Throws what planning would throw, as far as these rows prove it. */
export async function tryRows(
  deps: Pick<ActivityDeps, 'store' | 'provider' | 'prices'>,
  spec: JobSpec,
): Promise<Omit<Validity, 'warnings'>> {
  const provider = requireKnownProvider(deps, spec);
  const trial = new Trial(rowReader({ spec, prices: deps.prices.models }, provider));
  const limit = Math.min(spec.dataset.limit ?? Number.POSITIVE_INFINITY, rowsTried + 1);
  const dataset = { ...spec.dataset, limit };
  for await (const rows of readDataset(deps.store, dataset, { signal: cancellationSignal() })) {
    for (const row of rows) if (row.row <= rowsTried) trial.take(row);
    if ((rows.at(-1)?.row ?? 0) > rowsTried) return trial.judge(spec, false);
  }
  return trial.judge(spec, true);
}

class Trial {
  readonly #read: ReadRow;
  readonly #tally = new RowTally(undefined);
  /** The text that an item's key is made of, by the row's id. */
  readonly #asked = new Map<RowId, string>();

  constructor(read: ReadRow) {
    this.#read = read;
  }

  take(row: DatasetRow): void {
    const refusal = this.#findRefusal(row);
    this.#tally.addRow();
    if (refusal === null) this.#tally.add('accepted');
    else this.#tally.addRefused(row, refusal);
  }

  judge(spec: JobSpec, isWhole: boolean): Omit<Validity, 'warnings'> {
    if (isWhole) this.#tally.check(spec);
    const { rows, refused } = this.#tally.counts;
    const isOverRate = refused > rows * spec.maxRejectRate;
    return { rows, refused, isWhole, isOverRate, refusals: this.#tally.rejects.first };
  }

  #findRefusal(row: DatasetRow): RowRefusal | null {
    if (row.kind === 'reject') return row;
    const read = this.#read(row);
    if (isRefusal(read)) return read;
    const keyText = read.keyText.join('');
    const same = this.#asked.get(read.id) ?? keyText;
    this.#asked.set(read.id, same);
    if (same === keyText) return null;
    return { reason: 'duplicate_id', message: 'an earlier row has the same id and asks something else' };
  }
}
