// Reads JSON Lines: each line is a row with its place.

import { rowBytesMax } from '../../domain/limits.ts';
import { type Line, lineChunks } from '../lines/json-lines.ts';
import type { Store } from '../store.ts';
import type { DatasetFile, ReadFileOptions, RecordLine } from './rows.ts';
import { isPlain, readText } from './text/read.ts';
import { skipBytes } from './text/skip-bytes.ts';

export async function* readJsonl(
  store: Store,
  uri: string,
  { encoding }: Pick<DatasetFile, 'encoding'>,
  { from, signal }: ReadFileOptions,
): AsyncGenerator<readonly RecordLine[]> {
  // The usual file is read from the position on; other ones have no position in the stored bytes.
  const source =
    isPlain(uri) && encoding === undefined
      ? store.read(uri, { signal, start: from.byte })
      : skipBytes(readText(store, uri, { encoding: encoding ?? null, signal }), from.byte);
  const bounds = { lineBytesMax: rowBytesMax, firstLine: from.line + 1, firstByte: from.byte };
  for await (const lines of lineChunks(source, bounds)) {
    const records = lines.some(isBlank) ? lines.filter((line) => !isBlank(line)) : lines;
    if (records.length > 0) yield records;
  }
}

function isBlank({ bytes, length }: Line): boolean {
  if (length === 0) return true;
  // Most lines are records and begin with a brace: only a line that begins with a space or a tab can be blank.
  return bytes !== null && (bytes[0] === 0x20 || bytes[0] === 0x09) && bytes.every((b) => b === 0x20 || b === 0x09);
}
