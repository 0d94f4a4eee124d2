// Writes `failures.jsonl` and `in-doubt.jsonl`: the rows without an answer with their records as they were given, each file ready to be
// the next job's dataset.

import { cancellationSignal } from '@temporalio/activity';
import type { JobSpec } from '../../domain/job.ts';
import { isPending, type MaybePromise } from '../../domain/maybe-promise.ts';
import type { ResultLine } from '../../domain/outcome/merge.ts';
import type { Json } from '../../domain/outcome/outcome.ts';
import { failuresFile, inDoubtFile, resultsFile } from '../../job-folder/paths.ts';
import { readDataset } from '../../storage/formats/dataset.ts';
import { type LineCursor, type LineWriter, lineCursor, lineWriter } from '../../storage/lines/json-lines.ts';
import type { Store } from '../../storage/store.ts';
import { beat } from '../heartbeat.ts';

type Row = { readonly [column: string]: Json };

/** Reads the failed rows from the merged results. Without a dataset to read records from, rows are only named by their id. */
export async function writeFailures(
  store: Store,
  output: string,
  count: number,
  dataset: JobSpec['dataset'] | null,
): Promise<void> {
  const files = await FailureFiles.create(store, output);
  const results = lineCursor(store.read(resultsFile(output)));
  const failures = failuresIn(results, count);
  try {
    if (dataset !== null) {
      await joinRecords(store, dataset, failures, files);
    } else {
      for await (const failure of failures) await files.write({ id: failure.id }, failure);
    }
    await files.close();
  } catch (error) {
    await files.abort();
    throw error;
  } finally {
    await results.close();
  }
}

/** Rows in doubt have a file of their own, so that nobody sends them again together with those that failed. */
class FailureFiles {
  readonly #failures: LineWriter;
  readonly #inDoubt: LineWriter;

  private constructor(failures: LineWriter, inDoubt: LineWriter) {
    this.#failures = failures;
    this.#inDoubt = inDoubt;
  }

  static async create(store: Store, output: string): Promise<FailureFiles> {
    const inDoubt = lineWriter(await store.create(inDoubtFile(output)));
    try {
      return new FailureFiles(lineWriter(await store.create(failuresFile(output))), inDoubt);
    } catch (error) {
      await inDoubt.abort();
      throw error;
    }
  }

  /** A promise only while a block is being written: await it before the next call. */
  write(record: Row, { row, id, reason, message, detail, batchId, customId }: ResultLine): MaybePromise<void> {
    if (reason !== 'in_doubt') {
      return this.#failures.write(JSON.stringify({ ...record, nightshift: { row, id, reason, message, detail } }));
    }
    // A person finds the request at the provider by the last two.
    const nightshift = { row, id, reason, message, batchId, customId };
    return this.#inDoubt.write(JSON.stringify({ ...record, nightshift }));
  }

  async close(): Promise<void> {
    await this.#inDoubt.close();
    // Last, since it shows that the merge is complete.
    await this.#failures.close();
  }

  async abort(): Promise<void> {
    await Promise.allSettled([this.#inDoubt.abort(), this.#failures.abort()]);
  }
}

async function joinRecords(
  store: Store,
  { uri, format, limit }: JobSpec['dataset'],
  failures: AsyncGenerator<ResultLine, void>,
  files: FailureFiles,
): Promise<void> {
  let { value: failure } = await failures.next();
  if (failure === undefined) return;
  for await (const rows of readDataset(store, { uri, format, limit }, { signal: cancellationSignal() })) {
    beat(rows.at(-1)?.row ?? 0);
    for (const row of rows) {
      if (failure === undefined) return;
      if (row.row !== failure.row) continue;
      if (row.kind === 'row') await files.write(row.record, failure);
      ({ value: failure } = await failures.next());
    }
  }
}

const statusMark = Buffer.from('"status":"');
const failedMark = 'f'.charCodeAt(0);

/** Reads no further than the last of `count` failures: if nothing failed, it reads nothing. */
async function* failuresIn(results: LineCursor, count: number): AsyncGenerator<ResultLine, void> {
  for (let left = count; left > 0; ) {
    const next = results.next();
    const line = isPending(next) ? await next : next;
    if (line?.bytes == null) return;
    // The first mark in a line is the status: only the id comes before it, and quotes in an id are escaped.
    if (line.bytes[line.bytes.indexOf(statusMark) + statusMark.length] !== failedMark) continue;
    left -= 1;
    yield JSON.parse(line.bytes.toString());
  }
}
