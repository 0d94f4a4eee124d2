// Writes the results once more as a table, for programs that do not read JSON Lines.

import { cancellationSignal } from '@temporalio/activity';
import { type ResultFormat, tableFormats } from '../../domain/job.ts';
import type { ResultLine } from '../../domain/outcome/merge.ts';
import { resultColumns } from '../../domain/outcome/result-columns.ts';
import { resultsFile, tableFile } from '../../job-folder/paths.ts';
import { csvTable } from '../../storage/formats/tables/csv-table.ts';
import { parquetTable } from '../../storage/formats/tables/parquet-table.ts';
import type { TableWriter } from '../../storage/formats/tables/table.ts';
import { cursorLineBytesMax, lineChunks } from '../../storage/lines/json-lines.ts';
import type { Sink, Store } from '../../storage/store.ts';

/** Reads `results.jsonl`, which is complete. Writes nothing if the job asks for no table. */
export async function writeResultsTable(store: Store, output: string, format: ResultFormat | undefined): Promise<void> {
  const table = tableFormats.find((each) => each === format);
  if (table === undefined) return;
  const signal = cancellationSignal();
  const writer = await openTable(table, await store.create(tableFile(output, table), { signal }));
  try {
    for await (const lines of lineChunks(store.read(resultsFile(output), { signal }), {
      lineBytesMax: cursorLineBytesMax,
    })) {
      for (const { bytes } of lines) if (bytes !== null) await writer.write(readCells(bytes));
    }
    await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

function openTable(format: (typeof tableFormats)[number], sink: Sink): TableWriter | Promise<TableWriter> {
  return format === 'csv' ? csvTable(sink, resultColumns) : parquetTable(sink, resultColumns);
}

function readCells(line: Buffer) {
  const result: ResultLine = JSON.parse(line.toString());
  return resultColumns.map(({ read }) => read(result));
}
