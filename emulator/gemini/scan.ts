// Reads the requests of a batch, from its file or as they came with its create, and checks the form of each line.
import { bodyFacts } from '../answers/body-facts.ts';
import { isObject, type Json } from '../server/json.ts';
import type { Scan } from '../world/batch.ts';
import { hashText } from '../world/hash.ts';
import type { Method } from './answers.ts';
import { reportProblem, type ScannedLine, scanLines } from './scan-lines.ts';

export const scanRequests = (path: string, model: string, method: Method): Promise<Scan> =>
  scanLines(path, 'The batch has no requests.', (scan, line) => takeLine(scan, line, model, method));

/** The vendor does not demand keys that differ. */
function takeLine(scan: Scan, { record, number, offset, size }: ScannedLine, model: string, method: Method): void {
  if (record === null || !isObject(record.request)) {
    reportProblem(scan, `Line ${number} is not a request.`, number);
    return;
  }
  const key = typeof record.key === 'string' ? record.key : '';
  const at = scan.index.add(key, hashText(key), { ...bodyFacts(record.request), model }, offset, size);
  const defect = findDefect(record.request, method);
  if (defect !== null) scan.index.defects.set(at, defect);
}

export function findDefect(body: Json, method: Method): string | null {
  const name = method === 'embedContent' ? 'content' : 'contents';
  return body[name] === undefined ? `* ${name}: ${name} is not specified` : null;
}
