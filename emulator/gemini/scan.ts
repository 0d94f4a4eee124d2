// Reads the requests of a batch, from its file or as they came with its create, and checks the form of each line.
import { open } from 'node:fs/promises';
import { bodyFacts } from '../answers/body-facts.ts';
import { eachLine } from '../server/each-line.ts';
import { isObject, type Json, parseObject } from '../server/json.ts';
import type { Scan } from '../world/batch.ts';
import { hashText } from '../world/hash.ts';
import { ItemIndex } from '../world/item-index.ts';
import type { Method } from './answers.ts';

const problemsMax = 100;

export async function scanRequests(path: string, model: string, method: Method): Promise<Scan> {
  const scan: Scan = { index: new ItemIndex(), problems: [] };
  let number = 0;
  const file = await open(path, 'r');
  try {
    await eachLine(file, (bytes, offset) => {
      const text = bytes.toString('utf8');
      if (text.trim() === '') return;
      number += 1;
      takeLine(scan, { request: parseObject(text), number, offset, size: bytes.length }, model, method);
    });
  } finally {
    await file.close();
  }
  if (number === 0) report(scan, 'The batch has no requests.', null);
  scan.index.trim();
  return scan;
}

interface Line {
  request: Json | null;
  number: number;
  offset: number;
  size: number;
}

/** The vendor does not demand keys that differ. */
function takeLine(scan: Scan, { request: line, number, offset, size }: Line, model: string, method: Method): void {
  if (line === null || !isObject(line.request)) {
    report(scan, `Line ${number} is not a request.`, number);
    return;
  }
  const key = typeof line.key === 'string' ? line.key : '';
  const at = scan.index.add(key, hashText(key), { ...bodyFacts(line.request), model }, offset, size);
  const defect = findDefect(line.request, method);
  if (defect !== null) scan.index.defects.set(at, defect);
}

export function findDefect(body: Json, method: Method): string | null {
  const name = method === 'embedContent' ? 'content' : 'contents';
  return body[name] === undefined ? `* ${name}: ${name} is not specified` : null;
}

function report({ problems }: Scan, message: string, line: number | null): void {
  if (problems.length < problemsMax) problems.push({ code: 'INVALID_ARGUMENT', message, param: null, line });
}
