// Writes a table as CSV (RFC 4180): UTF-8, commas, CRLF, and quotes where a value needs them.

import type { Cell } from '../../../domain/outcome/result-columns.ts';
import type { Sink } from '../../store.ts';
import type { TableColumn, TableWriter } from './table.ts';

const blockChars = 256 * 1024;

export function csvTable(sink: Sink, columns: readonly TableColumn[]): TableWriter {
  let block = formatRow(columns.map(({ name }) => name));
  const flush = async (): Promise<void> => {
    const bytes = Buffer.from(block);
    block = '';
    if (bytes.length > 0) await sink.write(bytes);
  };
  return {
    async write(cells) {
      block += formatRow(cells);
      if (block.length >= blockChars) await flush();
    },
    async close() {
      await flush();
      await sink.close();
    },
    abort: () => sink.abort(),
  };
}

const formatRow = (cells: readonly Cell[]): string => `${cells.map(formatCell).join(',')}\r\n`;

function formatCell(cell: Cell): string {
  if (cell === null) return '';
  const text = String(cell);
  return text === '' || /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
