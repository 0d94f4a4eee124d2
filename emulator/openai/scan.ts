// The validation pass over an uploaded file: one sequential read in 1 MiB pieces, lines split on the newline byte, each parsed once. The item
// index keeps what later steps need.
import { open } from 'node:fs/promises';
import { type BodyFacts, bodyFacts } from '../answers/body-facts.ts';
import { eachLine } from '../server/each-line.ts';
import { isObject, type Json, parseObject } from '../server/json.ts';
import type { BatchProblem, Scan } from '../world/batch.ts';
import { hashText } from '../world/hash.ts';
import { createHashSet, type HashSet } from '../world/hash-set.ts';
import { ItemIndex } from '../world/item-index.ts';
import { type KnownLine, readRepeatedId, rememberLine } from './repeated-line.ts';

// Published limits of the vendor's Batch API.
const linesMax = 50_000;
const bytesMax = 200 * 1024 * 1024;
const problemsMax = 100;
const carriageReturn = 13;

export interface ScanRules {
  endpoint: string;
  /** The lines name it without its version. */
  unversioned: boolean;
  /** The lines have a custom id and a body, and nothing else. */
  bare: boolean;
  isKnownModel: (name: string) => boolean;
}

type Pass = ScanRules & Scan & { seen: HashSet; lines: number; known: KnownLine | null };

export async function scanFile(path: string, rules: ScanRules): Promise<Scan> {
  const pass: Pass = { ...rules, index: new ItemIndex(), problems: [], seen: createHashSet(), lines: 0, known: null };
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size > bytesMax) {
      report(pass, whole('file_too_large', `The file exceeds the maximum of ${bytesMax} bytes.`));
    } else {
      await eachLine(file, (line, offset) => readLine(pass, line, offset));
    }
  } finally {
    await file.close();
  }
  checkCount(pass);
  pass.index.trim();
  return { index: pass.index, problems: pass.problems };
}

function readLine(pass: Pass, bytes: Buffer, offset: number): void {
  if (bytes.length === 0 || (bytes.length === 1 && bytes[0] === carriageReturn)) return;
  pass.lines += 1;
  if (pass.lines > linesMax || addRepeated(pass, bytes, offset)) return;
  const line = parseObject(bytes.toString('utf8'));
  const problem = line === null ? unparseable : lineProblem(pass, line);
  if (problem !== null) {
    report(pass, problem);
  } else if (line !== null) {
    addItem(pass, line, offset, bytes);
  }
}

type LineProblem = Omit<BatchProblem, 'line'>;
const unparseable = { code: 'invalid_json_line', message: 'This line is not parseable as valid JSON.', param: null };

function lineProblem(pass: Pass, { custom_id: id, method, url, body }: Json): LineProblem | null {
  if (typeof id !== 'string') return missing('custom_id');
  if (pass.seen.has(hashText(id))) {
    return {
      code: 'duplicate_custom_id',
      message: `The custom_id '${id}' is used more than once.`,
      param: 'custom_id',
    };
  }
  return addressProblem(pass, method, url) ?? (isObject(body) ? null : missing('body'));
}

function addressProblem({ endpoint, unversioned, bare }: ScanRules, method: unknown, url: unknown): LineProblem | null {
  if (bare && method === undefined && url === undefined) return null;
  if (method !== 'POST') return { code: 'invalid_method', message: "The method must be 'POST'.", param: 'method' };
  if (bare || url !== (unversioned ? endpoint.replace('/v1', '') : endpoint)) {
    const message = `The URL of this line does not match the batch endpoint '${endpoint}'.`;
    return { code: 'url_mismatch', message, param: 'url' };
  }
  return null;
}

function missing(param: string): LineProblem {
  return { code: 'missing_required_parameter', message: `Missing required parameter: '${param}'.`, param };
}

function addRepeated(pass: Pass, bytes: Buffer, offset: number): boolean {
  const customId = pass.known === null ? null : readRepeatedId(bytes, pass.known);
  if (pass.known === null || customId === null || pass.seen.has(hashText(customId))) return false;
  addFacts(pass, customId, pass.known.facts, offset, bytes.length);
  return true;
}

function addItem(pass: Pass, { custom_id: customId, body }: Json, offset: number, bytes: Buffer): void {
  if (typeof customId !== 'string' || !isObject(body)) return;
  const facts = bodyFacts(body);
  const problem = modelProblem(pass, facts.model);
  if (problem !== null) report(pass, problem);
  const at = addFacts(pass, customId, facts, offset, bytes.length);
  if (body.stream === true) pass.index.defects.set(at, 'Streaming is not supported in batch requests.');
  pass.known = problem === null && body.stream !== true ? rememberLine(bytes, customId, facts) : null;
}

function addFacts({ seen, index }: Pass, customId: string, facts: BodyFacts, offset: number, size: number): number {
  const idHash = hashText(customId);
  seen.add(idHash);
  return index.add(customId, idHash, facts, offset, size);
}

function modelProblem({ index, isKnownModel }: Pass, model: string): LineProblem | null {
  const [first] = index.modelNames;
  if (first !== undefined) return first === model ? null : mismatch(model);
  if (model === '') return missing('body.model');
  const message = `The provided model '${model}' is not supported by the Batch API.`;
  return isKnownModel(model) ? null : { code: 'model_not_found', message, param: 'body.model' };
}

function mismatch(model: string): LineProblem {
  const message = `All lines must use the same model; this line uses '${model}'.`;
  return { code: 'model_mismatch', message, param: 'body.model' };
}

function checkCount(pass: Pass): void {
  if (pass.lines > linesMax) report(pass, whole('too_many_tasks', `The file has more than ${linesMax} requests.`));
  if (pass.lines === 0 && pass.problems.length === 0) report(pass, whole('empty_file', 'The input file is empty.'));
}

/** A problem of the whole file has no line. */
function whole(code: string, message: string): BatchProblem {
  return { code, message, param: null, line: null };
}

function report({ problems, lines }: Pass, problem: LineProblem | BatchProblem): void {
  if (problems.length < problemsMax) problems.push({ line: lines, ...problem });
}
