// Reads JSON Lines: each line is a row with its place. A line that is not a JSON object becomes a refusal, which never quotes the line.

import { rowBytesMax } from '../../domain/limits.ts';
import type { RowRefusal } from '../../domain/outcome/outcome.ts';
import { type Line, lineChunks } from '../lines/json-lines.ts';
import type { Store } from '../store.ts';
import { parseRecord, refuseLongLine } from './jsonl-record.ts';
import type { DatasetFile, DatasetRow, ReadDatasetOptions } from './rows.ts';

type JsonlFile = Pick<DatasetFile, 'uri' | 'limit'>;
const beginning = { byte: 0, line: 0, row: 0 };

export async function* readJsonl(
  store: Store,
  file: JsonlFile,
  options: ReadDatasetOptions,
): AsyncGenerator<readonly DatasetRow[]> {
  let row = options.from?.row ?? 0;
  for await (const lines of readJsonlRecords(store, file, options)) yield lines.map((line) => parseRow(line, ++row));
}

export async function* readJsonlRecords(
  store: Store,
  { uri, limit }: JsonlFile,
  { from = beginning, signal }: ReadDatasetOptions,
): AsyncGenerator<readonly Line[]> {
  let left = (limit ?? Number.POSITIVE_INFINITY) - from.row;
  if (left <= 0) return;
  const source = store.read(uri, { signal, start: from.byte });
  const bounds = { lineBytesMax: rowBytesMax, firstLine: from.line + 1, firstByte: from.byte };
  for await (const lines of lineChunks(source, bounds)) {
    const records = lines.some(isBlank) ? lines.filter((line) => !isBlank(line)) : lines;
    const taken = records.length > left ? records.slice(0, left) : records;
    left -= taken.length;
    if (taken.length > 0) yield taken;
    if (left === 0) return;
  }
}

function isBlank({ bytes, length }: Line): boolean {
  if (length === 0) return true;
  // Most lines are records and begin with a brace: only a line that begins with a space or a tab can be blank.
  return bytes !== null && (bytes[0] === 0x20 || bytes[0] === 0x09) && bytes.every((b) => b === 0x20 || b === 0x09);
}

function parseRow(line: Line, row: number): DatasetRow {
  const { number, end, bytes, length } = line;
  const refuse = ({ reason, message }: RowRefusal): DatasetRow => {
    return { kind: 'reject', row, line: number, end, reason, message: `line ${number}: ${message}` };
  };
  if (bytes === null) return refuse(refuseLongLine(length));
  const parsed = parseRecord(bytes);
  if ('reason' in parsed) return refuse(parsed);
  return { kind: 'row', row, line: number, end, raw: bytes, record: parsed.record };
}
