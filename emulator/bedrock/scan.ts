// Reads the rows of a job, from the copy of its input.
import { bodyFacts } from '../answers/body-facts.ts';
import { reportProblem, type ScannedLine, scanLines } from '../gemini/scan-lines.ts';
import { asText, isObject, type Json } from '../server/json.ts';
import type { Scan } from '../world/batch.ts';
import { hashText } from '../world/hash.ts';

export async function scanRecords(path: string, model: string, recordsMin: number): Promise<Scan> {
  const scan = await scanLines(path, 'The input has no records.', (into, line) => takeRecord(into, line, model));
  const { length } = scan.index;
  if (length < recordsMin) {
    reportProblem(scan, `The job contains less records (${length}) than the required minimum of: ${recordsMin}.`, null);
  }
  return scan;
}

/** The check before the run does not compare a request with its model. */
function takeRecord(scan: Scan, { record, number, offset, size }: ScannedLine, model: string): void {
  if (record === null || !isObject(record.modelInput)) {
    reportProblem(scan, `Record ${number} is not in the correct format.`, number);
    return;
  }
  const id = asText(record.recordId);
  const at = scan.index.add(id, hashText(id), { ...bodyFacts(record.modelInput), model }, offset, size);
  const defect = findDefect(record.modelInput) ?? (record.modelInput.toolConfig === undefined ? null : noTools);
  if (defect !== null) scan.index.defects.set(at, defect);
}

const noTools = 'toolConfig is not supported in batch inference.';

/** What is wrong with one request; null if nothing is. */
export const findDefect = ({ messages }: Json): string | null =>
  Array.isArray(messages) && messages.length > 0 ? null : 'A conversation must have at least one message.';
