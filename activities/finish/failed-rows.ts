// Writes `failures.jsonl` and `in-doubt.jsonl`: the rows without an answer with their records as they were given, each file ready to be
// the next job's dataset.

import { cancellationSignal } from '@temporalio/activity';
import type { JobSpec } from '../../domain/job.ts';
import type { MaybePromise } from '../../domain/maybe-promise.ts';
import type { ResultLine } from '../../domain/outcome/merge.ts';
import type { Json } from '../../domain/outcome/outcome.ts';
import { failuresFile, inDoubtFile } from '../../job-folder/paths.ts';
import { readDataset } from '../../storage/formats/dataset.ts';
import type { DatasetRow } from '../../storage/formats/rows.ts';
import { type LineWriter, lineWriter } from '../../storage/lines/json-lines.ts';
import type { Store } from '../../storage/store.ts';

type Row = { readonly [column: string]: Json };

/** Rows in doubt have a file of their own, so that nobody sends them again together with those that failed. */
export class FailedRows {
  readonly #failures: LineWriter;
  readonly #inDoubt: LineWriter;
  /** Null if the dataset is not the one that was planned: then rows are only named by their id. */
  readonly #records: RecordCursor | null;

  private constructor(failures: LineWriter, inDoubt: LineWriter, records: RecordCursor | null) {
    this.#failures = failures;
    this.#inDoubt = inDoubt;
    this.#records = records;
  }

  static async create(store: Store, output: string, dataset: JobSpec['dataset'] | null): Promise<FailedRows> {
    const records = dataset === null ? null : new RecordCursor(store, dataset);
    const inDoubt = lineWriter(await store.create(inDoubtFile(output)));
    try {
      return new FailedRows(lineWriter(await store.create(failuresFile(output))), inDoubt, records);
    } catch (error) {
      await inDoubt.abort();
      throw error;
    }
  }

  /** In row order. */
  async write(result: ResultLine): Promise<void> {
    const opening = this.#records === null ? openText({ id: result.id }) : await this.#records.find(result.row);
    // If the record is not there any more, the dataset changes while it is read, and the merge will be repeated.
    if (opening !== null) await this.#put(opening, result);
  }

  async close(): Promise<void> {
    await this.#records?.close();
    await this.#inDoubt.close();
    // Last, since it shows that the merge is complete.
    await this.#failures.close();
  }

  async abort(): Promise<void> {
    await Promise.allSettled([this.#records?.close(), this.#inDoubt.abort(), this.#failures.abort()]);
  }

  #put(opening: string, { row, id, reason, message, detail, batchId, customId }: ResultLine): MaybePromise<void> {
    if (reason !== 'in_doubt') {
      return this.#failures.write(close(opening, { row, id, reason, message, detail }));
    }
    // A person finds the request at the provider by the last two.
    return this.#inDoubt.write(close(opening, { row, id, reason, message, detail, batchId, customId }));
  }
}

const added = 'nightshift';

const close = (opening: string, facts: object): string =>
  `${opening}${opening === '{' ? '' : ','}"${added}":${JSON.stringify(facts)}}`;

/** A record as JSON, without its last brace. */
const openText = (record: Row): string => JSON.stringify(record).slice(0, -1);

/** The text as it was given: numbers with more digits than a double has would change. */
function openRow({ record, raw }: Extract<DatasetRow, { kind: 'row' }>): string {
  const { [added]: before, ...others } = record;
  return before === undefined ? raw.toString().trim().slice(0, -1).trimEnd() : openText(others);
}

/** Reads the dataset as far as the last row that is asked for: if nothing failed, it reads nothing. */
class RecordCursor {
  readonly #chunks: AsyncGenerator<readonly DatasetRow[]>;
  #rows: readonly DatasetRow[] = [];

  constructor(store: Store, dataset: JobSpec['dataset']) {
    // A row is written with the paths of its files, as it was given.
    this.#chunks = readDataset(store, { ...dataset, files: [] }, { signal: cancellationSignal() });
  }

  /** Ask in row order. Returns the row's record as JSON without its last brace, or null if the dataset has no such row. */
  async find(row: number): Promise<string | null> {
    while ((this.#rows.at(-1)?.row ?? 0) < row) {
      const { value, done } = await this.#chunks.next();
      if (done === true) return null;
      this.#rows = value;
    }
    const found = this.#rows[row - (this.#rows[0]?.row ?? 0)];
    return found?.kind === 'row' && found.row === row ? openRow(found) : null;
  }

  async close(): Promise<void> {
    await this.#chunks.return(undefined);
  }
}
