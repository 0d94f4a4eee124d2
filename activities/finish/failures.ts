// Writes `failures.jsonl`: the failed rows with their records as they were given, ready to be the next job's dataset.

import { cancellationSignal } from '@temporalio/activity';
import type { JobSpec } from '../../domain/job.ts';
import { isPending } from '../../domain/maybe-promise.ts';
import type { ResultLine } from '../../domain/outcome/merge.ts';
import type { Json } from '../../domain/outcome/outcome.ts';
import { failuresFile, resultsFile } from '../../job-folder/paths.ts';
import { readDataset } from '../../storage/formats/dataset.ts';
import { type LineCursor, type LineWriter, lineCursor, lineWriter } from '../../storage/lines/json-lines.ts';
import type { Store } from '../../storage/store.ts';
import { beat } from '../heartbeat.ts';

/** Reads the failed rows from the merged results. Without a dataset to read records from, rows are only named by their id. */
export async function writeFailures(
  store: Store,
  output: string,
  count: number,
  dataset: JobSpec['dataset'] | null,
): Promise<void> {
  const writer = lineWriter(await store.create(failuresFile(output)));
  const results = lineCursor(store.read(resultsFile(output)));
  const failures = failuresIn(results, count);
  try {
    if (dataset !== null) {
      await joinRecords(store, dataset, failures, writer);
    } else {
      for await (const failure of failures) await writer.write(failureLine({ id: failure.id }, failure));
    }
    await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  } finally {
    await results.close();
  }
}

async function joinRecords(
  store: Store,
  { uri, format, limit }: JobSpec['dataset'],
  failures: AsyncGenerator<ResultLine, void>,
  writer: LineWriter,
): Promise<void> {
  let { value: failure } = await failures.next();
  if (failure === undefined) return;
  for await (const rows of readDataset(store, { uri, format, limit }, { signal: cancellationSignal() })) {
    beat(rows.at(-1)?.row ?? 0);
    for (const row of rows) {
      if (failure === undefined) return;
      if (row.row !== failure.row) continue;
      if (row.kind === 'row') await writer.write(failureLine(row.record, failure));
      ({ value: failure } = await failures.next());
    }
  }
}

const failureLine = (record: { [column: string]: Json }, { row, reason, message }: ResultLine): string =>
  JSON.stringify({ ...record, nightshift: { row, reason, message } });

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
