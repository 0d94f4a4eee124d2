// Reads CSV: each record is a row whose values are texts, under the names in the header.

import { pipeline, Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { CsvError, parse } from 'csv-parse';
import { rowBytesMax } from '../../domain/limits.ts';
import type { Store } from '../store.ts';
import { type CsvHead, type CsvRecord, countInnerNewlines, headBytes, readCsvHead } from './csv-head.ts';
import { encodeRow } from './jsonl-record.ts';
import type { DatasetFile, ReadFileOptions, RecordLine } from './rows.ts';
import { countNewlines } from './text/encoding.ts';
import { readText } from './text/read.ts';
import { skipBytes } from './text/skip-bytes.ts';
import { refuseFile } from './unreadable.ts';

/** Records that are handed on together: so many, or so many bytes of them. */
const recordsTogether = 500;
const bytesTogether = 4 * 1024 * 1024;
/** Parsing takes some milliseconds for so many bytes. */
const pieceBytes = 64 * 1024;

export async function* readCsv(
  store: Store,
  uri: string,
  { encoding, delimiter }: Pick<DatasetFile, 'encoding' | 'delimiter'>,
  { from, signal }: ReadFileOptions,
): AsyncGenerator<readonly RecordLine[]> {
  const open = (): AsyncGenerator<Uint8Array> => readText(store, uri, { encoding, signal });
  const { head, isWhole } = await readHead(open());
  if (head.length === 0) return;
  const csv = readCsvHead(uri, head, isWhole, delimiter);
  const start = Math.max(csv.end, from.byte);
  const rows = new CsvRows(csv, start);
  const rest = skipBytes(open(), start, (skipped) => rows.skip(countNewlines(skipped)));
  let together: CsvRecord[] = [];
  let bytesBefore = 0;
  for await (const record of records(uri, rest, csv)) {
    together.push(record);
    const isSmall = record.info.bytes - bytesBefore < bytesTogether;
    if (together.length < recordsTogether && isSmall) continue;
    yield rows.take(together);
    together = [];
    bytesBefore = record.info.bytes;
  }
  if (together.length > 0) yield rows.take(together);
}

async function readHead(text: AsyncGenerator<Uint8Array>): Promise<{ head: Buffer; isWhole: boolean }> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of text) {
    parts.push(Buffer.from(chunk));
    bytes += chunk.length;
    if (bytes > headBytes) return { head: Buffer.concat(parts).subarray(0, headBytes), isWhole: false };
  }
  return { head: Buffer.concat(parts), isWhole: true };
}

async function* records(uri: string, text: AsyncIterable<Uint8Array>, csv: CsvHead): AsyncGenerator<CsvRecord> {
  const parser = parse({ ...csv.options, max_record_size: rowBytesMax });
  // A failure of the text ends the parser, so it comes where the records are awaited.
  pipeline(Readable.from(copies(text)), parser, () => undefined);
  try {
    yield* parser as AsyncIterable<CsvRecord>;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw refuseFile(uri, describeFault(error));
  }
}

/** The parser keeps parts of what it is given, and nothing else runs until it has parsed a piece. */
async function* copies(text: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const chunk of text) {
    for (let from = 0; from < chunk.length; from += pieceBytes) {
      yield Buffer.from(chunk.subarray(from, from + pieceBytes));
      await setImmediate();
    }
  }
}

/** Everything after such a fault would be read wrongly, so the whole file is refused. */
function describeFault({ code }: CsvError): string {
  const which =
    code === 'CSV_QUOTE_NOT_CLOSED' ? 'a quoted value does not end' : `a record has more than ${rowBytesMax} bytes`;
  return `${which}: a quote may be missing or too many; write a quote within a quoted value twice`;
}

/** Writes records as JSON, and knows on which line each begins. */
class CsvRows {
  readonly #names: readonly string[];
  readonly #start: number;
  /** Lines before the next record. */
  #lines = 0;
  #emptyLines = 0;

  constructor({ columns }: CsvHead, start: number) {
    this.#names = columns.map((name, index) => `${index === 0 ? '{' : ','}${JSON.stringify(name)}:`);
    this.#start = start;
  }

  skip(lines: number): void {
    this.#lines += lines;
  }

  take(records: readonly CsvRecord[]): RecordLine[] {
    return records.map((record) => this.#write(record));
  }

  #write({ record, info }: CsvRecord): RecordLine {
    const number = this.#lines + info.empty_lines - this.#emptyLines + 1;
    this.#emptyLines = info.empty_lines;
    this.#lines = number + countInnerNewlines(record);
    const end = this.#start + info.bytes;
    const place = { number, start: end, end, isEnded: true };
    const refusal = record.length === this.#names.length ? null : this.#refuse(record);
    if (refusal !== null) return { ...place, bytes: null, length: 0, refusal };
    const write = (): string => `${record.map((value, index) => this.#names[index] + JSON.stringify(value)).join('')}}`;
    return { ...place, ...encodeRow(write) };
  }

  #refuse({ length }: CsvRecord['record']) {
    const message = `${length} values where the header has ${this.#names.length} columns; quote a value that holds a delimiter or a newline`;
    return { reason: 'ragged_row', message } as const;
  }
}
