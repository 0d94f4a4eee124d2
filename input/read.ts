// Reads a job's fields from any input: the valid fields, and every problem of the others.

import { describeKind, isObject, type Problem, problemsOfIssues } from './problem.ts';
import { type JobFields, jobFields } from './schema.ts';

export interface ReadFields {
  /** The valid fields. */
  readonly fields: JobFields;
  /** Names of the other fields. */
  readonly failed: ReadonlySet<string>;
  readonly problems: readonly Problem[];
}

/** Deeper than any request, and far less than recursion allows. */
const depthMax = 200;
const wanted = 'a job, or { "job": "<where the job file is>" }';

export function readFields(input: unknown): ReadFields {
  const problem = problemOfWhole(input);
  if (problem !== null || !isObject(input)) return { fields: {}, failed: new Set(), problems: [problem ?? whole('')] };
  const read = jobFields.safeParse(input);
  if (read.success) return { fields: read.data, failed: new Set(), problems: [] };
  const { issues } = read.error;
  const failed = new Set(issues.flatMap(({ path: [field] }) => (field === undefined ? [] : [String(field)])));
  const right = Object.entries(input).filter(([field]) => Object.hasOwn(jobFields.shape, field) && !failed.has(field));
  return { fields: jobFields.parse(Object.fromEntries(right)), failed, problems: problemsOfIssues(issues, input) };
}

function problemOfWhole(input: unknown): Problem | null {
  if (input === undefined) return whole(`no input was given; give ${wanted}`);
  if (typeof input === 'string') return whole(`the input is text; give ${wanted} as JSON, not as text that holds JSON`);
  if (!isObject(input) || Array.isArray(input)) return whole(`the input is ${describeKind(input)}; give ${wanted}`);
  if (Object.keys(input).length === 0) return whole(`the input is an empty object; give ${wanted}`);
  if ('job' in input) return { where: 'job', message: referenceProblem(input) };
  return isDeeperThan(input, depthMax) ? whole(`the input is nested more than ${depthMax} deep`) : null;
}

function referenceProblem(input: Record<string, unknown>): string {
  if (typeof input.job !== 'string' || input.job === '') return 'must be the path of the job file, as text';
  return Object.keys(input).length > 1
    ? 'must be the only field: put the other fields into the job file'
    : 'refers to another file; a job file must hold the job itself';
}

function whole(message: string): Problem {
  return { where: '', message };
}

/** Level by level: recursion would overflow the stack on the inputs that must be refused. */
function isDeeperThan(input: unknown, depth: number): boolean {
  let level: unknown[] = [input];
  for (let deep = 0; level.length > 0; deep++) {
    if (deep > depth) return true;
    level = level.flatMap((value) => (isObject(value) ? Object.values(value) : []));
  }
  return false;
}
