// Reads the rows of a job, from the copy of its input. A row of Claude's has a custom id, one for an embedding a key, any other none.
import { bodyFacts } from '../answers/body-facts.ts';
import { paramsDefect } from '../anthropic/receive.ts';
import type { Method } from '../gemini/answers.ts';
import { findDefect } from '../gemini/scan.ts';
import { reportProblem, type ScannedLine, scanLines } from '../gemini/scan-lines.ts';
import { asObject, asText, isObject, type Json } from '../server/json.ts';
import type { Scan } from '../world/batch.ts';
import { hashText } from '../world/hash.ts';

export const isClaude = (model: string): boolean => model.startsWith('claude-');
const isEmbedding = (model: string): boolean => model.startsWith('gemini-embedding-');

export const geminiMethod = (model: string): Method => (isEmbedding(model) ? 'embedContent' : 'generateContent');

export const scanRows = (path: string, model: string): Promise<Scan> =>
  scanLines(path, 'The input has no rows.', (scan, line) => takeRow(scan, line, model));

function takeRow(scan: Scan, { record: row, number, offset, size }: ScannedLine, model: string): void {
  if (row === null || !isObject(row.request)) {
    reportProblem(scan, `Row ${number} has no request.`, number);
    return;
  }
  const { labels, ...request } = row.request;
  const [label] = Object.values(asObject(labels)).map(asText);
  const id = asText(row.custom_id) || asText(row.key) || (label ?? '');
  const at = scan.index.add(id, hashText(id), { ...bodyFacts(request), model }, offset, size);
  const defect = rowDefect(request, model);
  if (defect !== null) scan.index.defects.set(at, defect);
}

const anthropicVersion = 'vertex-2023-10-16';

/** What is wrong with one request; null if nothing is. */
export function rowDefect(request: Json, model: string): string | null {
  if (!isClaude(model)) return findDefect(request, geminiMethod(model));
  if (request.model !== undefined) return 'model: Extra inputs are not permitted';
  if (request.anthropic_version !== anthropicVersion) return 'anthropic_version: Field required';
  return paramsDefect({ ...request, model }, () => true, false);
}
