// The dataset of every measurement: rows of one size, which differ by their ids.

import { open } from 'node:fs/promises';

export const rowBytes = 1000;

export const rowId = (row: number): string => `ticket-${String(row).padStart(9, '0')}`;

export async function writeRows(path: string, rows: number, bytes = rowBytes): Promise<void> {
  const file = await open(path, 'w');
  const filler = 'The quick brown fox jumps over the lazy dog. '.repeat(Math.ceil(bytes / 45));
  let lines: string[] = [];
  for (let row = 1; row <= rows; row++) {
    const start = `{"id":"${rowId(row)}","text":"`;
    lines.push(`${start}${filler.slice(0, bytes - start.length - 3)}"}\n`);
    if (lines.length < 1000 && row < rows) continue;
    await file.write(lines.join(''));
    lines = [];
  }
  await file.close();
}
