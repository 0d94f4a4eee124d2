// Reads the beginning of a CSV file: what separates its values, how its lines end, and the names of its columns.

import { CsvError, type Info, type Options, parse } from 'csv-parse/sync';
import { refuseFile } from './unreadable.ts';

/** The delimiter is found, and the header must end, within so many bytes. */
export const headBytes = 256 * 1024;
/** Records that the delimiter is chosen by. */
const recordsTried = 20;
const delimiters = [',', ';', '\t', '|'] as const;

export interface CsvHead {
  readonly columns: readonly string[];
  /** Options for the rest of the file. */
  readonly options: Options;
  /** Where the header ends. */
  readonly end: number;
}

/** `head` is the beginning of the file, or all of it. */
export function readCsvHead(uri: string, head: Buffer, isWhole: boolean, delimiter: string | undefined): CsvHead {
  const endings = head.includes('\n') ? ['\r\n', '\n'] : ['\r'];
  const optionsFor = (each: string): Options => ({ ...csvOptions, delimiter: each, record_delimiter: endings });
  const options = optionsFor(delimiter ?? chooseDelimiter(head, optionsFor));
  const header = readRecords(head, { ...options, to: 1 })[0];
  const isCut = !isWhole && (header?.info.bytes ?? head.length) >= head.length;
  if (header === undefined || isCut) throw refuseFile(uri, 'it does not begin with a row of column names');
  const columns = header.record.map((name) => name.trim());
  requireNames(uri, columns);
  return { columns, options, end: header.info.bytes };
}

/** A quote within a value that does not begin with one is taken as it is. The number of values is checked by the reader. */
const csvOptions: Options = { info: true, relax_column_count: true, relax_quotes: true, skip_empty_lines: true };

export interface CsvRecord {
  readonly record: readonly string[];
  readonly info: Info;
}

/** Newlines within quoted values. */
export function countInnerNewlines(record: readonly string[]): number {
  let count = 0;
  for (const value of record) {
    for (let at = value.indexOf('\n'); at !== -1; at = value.indexOf('\n', at + 1)) count += 1;
  }
  return count;
}

/** The one that cuts the first records into the most values, if it cuts all of them into equally many. */
function chooseDelimiter(head: Buffer, optionsFor: (delimiter: string) => Options): string {
  const counts = delimiters.map((delimiter) => {
    const records = readRecords(head, { ...optionsFor(delimiter), to: recordsTried });
    const values = records[0]?.record.length ?? 0;
    // The last record may be cut by the end of the head.
    const isEven = records.slice(0, -1).every(({ record }) => record.length === values);
    return { delimiter, values, isEven };
  });
  const even = counts.filter(({ values, isEven }) => isEven && values > 1);
  const best = (even.length > 0 ? even : counts).toSorted((a, b) => b.values - a.values)[0];
  return best?.delimiter ?? ',';
}

/** The records before the first fault: a value may be cut by the end of the head. */
function readRecords(head: Buffer, options: Options): readonly CsvRecord[] {
  const records: CsvRecord[] = [];
  const keep = (record: CsvRecord): null => {
    records.push(record);
    return null;
  };
  try {
    parse(head, { ...options, on_record: keep as never });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
  }
  return records;
}

function requireNames(uri: string, columns: readonly string[]): void {
  const empty = columns.indexOf('');
  if (empty !== -1) throw refuseFile(uri, `column ${empty + 1} has no name in the header: name every column`);
  const again = columns.findIndex((name, index) => columns.indexOf(name) !== index);
  if (again === -1) return;
  const first = columns.indexOf(columns[again] ?? '');
  throw refuseFile(
    uri,
    `columns ${first + 1} and ${again + 1} have the same name in the header: name each differently`,
  );
}
