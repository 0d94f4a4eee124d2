// Reads the rows of a job, from the copy of its input. A row of Gemini's has no id; one of Claude's has a custom id.
import { open } from 'node:fs/promises';
import { bodyFacts } from '../answers/body-facts.ts';
import { paramsDefect } from '../anthropic/receive.ts';
import { findDefect } from '../gemini/scan.ts';
import { eachLine } from '../server/each-line.ts';
import { asObject, asText, isObject, type Json, parseObject } from '../server/json.ts';
import type { Scan } from '../world/batch.ts';
import { hashText } from '../world/hash.ts';
import { ItemIndex } from '../world/item-index.ts';

export const isClaude = (model: string): boolean => model.startsWith('claude-');

export async function scanRows(path: string, model: string): Promise<Scan> {
  const scan: Scan = { index: new ItemIndex(), problems: [] };
  let number = 0;
  const file = await open(path, 'r');
  try {
    await eachLine(file, (bytes, offset) => {
      const text = bytes.toString('utf8');
      if (text.trim() === '') return;
      number += 1;
      takeRow(scan, { row: parseObject(text), number, offset, size: bytes.length }, model);
    });
  } finally {
    await file.close();
  }
  if (number === 0) report(scan, 'The input has no rows.', null);
  scan.index.trim();
  return scan;
}

interface Row {
  row: Json | null;
  number: number;
  offset: number;
  size: number;
}

function takeRow(scan: Scan, { row, number, offset, size }: Row, model: string): void {
  if (row === null || !isObject(row.request)) {
    report(scan, `Row ${number} has no request.`, number);
    return;
  }
  const { labels, ...request } = row.request;
  const [label] = Object.values(asObject(labels)).map(asText);
  const id = asText(row.custom_id) || (label ?? '');
  const at = scan.index.add(id, hashText(id), { ...bodyFacts(request), model }, offset, size);
  const defect = rowDefect(request, model);
  if (defect !== null) scan.index.defects.set(at, defect);
}

const anthropicVersion = 'vertex-2023-10-16';

/** What is wrong with one request; null if nothing is. */
export function rowDefect(request: Json, model: string): string | null {
  if (!isClaude(model)) return findDefect(request, 'generateContent');
  if (request.model !== undefined) return 'model: Extra inputs are not permitted';
  if (request.anthropic_version !== anthropicVersion) return 'anthropic_version: Field required';
  return paramsDefect({ ...request, model }, () => true, false);
}

function report({ problems }: Scan, message: string, line: number | null): void {
  if (problems.length < 100) problems.push({ code: 'INVALID_ARGUMENT', message, param: null, line });
}
