// A dataset as a sequence of numbered rows, whatever its format and however many files it has.

import { isOneFile } from '../../domain/dataset.ts';
import type { RowRefusal } from '../../domain/outcome/outcome.ts';
import type { Store } from '../store.ts';
import { readCsv } from './csv.ts';
import { listFiles } from './files.ts';
import { inlineFiles } from './inline-files.ts';
import { readJsonl } from './jsonl.ts';
import { parseRecord, refuseLongLine } from './jsonl-record.ts';
import { readParquet } from './parquet/read.ts';
import type { DatasetFile, DatasetPosition, DatasetRow, FileRecords, ReadDatasetOptions, RecordLine } from './rows.ts';

export { computeFingerprint } from './files.ts';

const formats = { jsonl: readJsonl, csv: readCsv, parquet: readParquet } as const;
const beginning: DatasetPosition = { byte: 0, line: 0, row: 0 };

/** Rows in arrays, one array for each chunk of a file: waiting costs something per chunk, not per row. */
export async function* readDataset(
  store: Store,
  dataset: DatasetFile,
  options: ReadDatasetOptions = {},
): AsyncGenerator<readonly DatasetRow[]> {
  let row = options.from?.row ?? 0;
  for await (const { name, lines } of readRecords(store, dataset, options)) {
    yield lines.map((line) => parseRow(line, ++row, name));
  }
}

/** The same rows, not parsed yet: their numbers follow one another. `bytes` is null if a row is too long. */
export function readRecords(
  store: Store,
  dataset: DatasetFile,
  options: ReadDatasetOptions = {},
): AsyncGenerator<FileRecords> {
  const records = readFiles(store, dataset, options);
  const { files = [] } = dataset;
  return files.length === 0 ? records : inlineFiles(store, records, files, options.signal);
}

async function* readFiles(
  store: Store,
  dataset: DatasetFile,
  { from = beginning, signal }: ReadDatasetOptions,
): AsyncGenerator<FileRecords> {
  let left = (dataset.limit ?? Number.POSITIVE_INFINITY) - from.row;
  if (left <= 0) return;
  const isNamed = !isOneFile(dataset.uri);
  const files = await listFiles(store, dataset.uri, signal);
  const first = from.file ?? 0;
  for (const [index, uri] of files.entries()) {
    if (index < first) continue;
    const options = { from: index === first ? from : beginning, signal };
    for await (const lines of formats[dataset.format](store, uri, dataset, options)) {
      const taken = lines.length > left ? lines.slice(0, left) : lines;
      left -= taken.length;
      yield { file: index, name: isNamed ? uri : null, lines: taken };
      if (left === 0) return;
    }
  }
}

/** The refusal of a row by its format or its length; null if it can be parsed. */
export function findLineRefusal({ refusal, bytes, length }: RecordLine): RowRefusal | null {
  return refusal ?? (bytes === null ? refuseLongLine(length) : null);
}

function parseRow(line: RecordLine, row: number, file: string | null): DatasetRow {
  const { number, end, bytes } = line;
  const refuse = ({ reason, message }: RowRefusal): DatasetRow => {
    return { kind: 'reject', row, file, line: number, end, reason, message: `line ${number}: ${message}` };
  };
  const refusal = findLineRefusal(line);
  if (refusal !== null || bytes === null) return refuse(refusal ?? refuseLongLine(line.length));
  const parsed = parseRecord(bytes);
  if ('reason' in parsed) return refuse(parsed);
  return { kind: 'row', row, file, line: number, end, raw: bytes, record: parsed.record };
}
