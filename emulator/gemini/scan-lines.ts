// Reads a file of requests for a batch, line by line.
import { open } from 'node:fs/promises';
import { eachLine } from '../server/each-line.ts';
import { type Json, parseObject } from '../server/json.ts';
import type { Scan } from '../world/batch.ts';
import { ItemIndex } from '../world/item-index.ts';

const problemsMax = 100;

export interface ScannedLine {
  /** Null if it is not an object. */
  record: Json | null;
  /** From 1; blank lines do not count. */
  number: number;
  offset: number;
  size: number;
}

export async function scanLines(
  path: string,
  ifEmpty: string,
  take: (scan: Scan, line: ScannedLine) => void,
): Promise<Scan> {
  const scan: Scan = { index: new ItemIndex(), problems: [] };
  let number = 0;
  const file = await open(path, 'r');
  try {
    await eachLine(file, (bytes, offset) => {
      const text = bytes.toString('utf8');
      if (text.trim() === '') return;
      number += 1;
      take(scan, { record: parseObject(text), number, offset, size: bytes.length });
    });
  } finally {
    await file.close();
  }
  if (number === 0) reportProblem(scan, ifEmpty, null);
  scan.index.trim();
  return scan;
}

export function reportProblem({ problems }: Scan, message: string, line: number | null): void {
  if (problems.length < problemsMax) problems.push({ code: 'INVALID_ARGUMENT', message, param: null, line });
}
