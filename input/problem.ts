// Describes the problems of a job: each one names its field and says what would be right.

import { z } from 'zod';
import { nearest } from './nearest.ts';
import { jobFields } from './schema.ts';

export interface Problem {
  /** The field, e.g. `batch.maxItems`; empty for the whole job. */
  readonly where: string;
  readonly message: string;
}

/** Longer text is not a name. */
const namesMax = 60;

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** `schema` is what the input was parsed by: it knows the fields that there are. */
export function problemsOfIssues(issues: readonly Issue[], input: unknown, schema: z.ZodType = jobFields): Problem[] {
  return issues.flatMap((issue) => problemsOfIssue(issue, issue.path, { input, schema }));
}

interface Parsed {
  readonly input: unknown;
  readonly schema: z.ZodType;
}

function formatPath(path: Path): string {
  return path.reduce<string>((place, part) => {
    if (typeof part === 'number') return `${place}[${part}]`;
    return place === '' ? String(part) : `${place}.${String(part)}`;
  }, '');
}

function problemsOfIssue(issue: Issue, path: Path, parsed: Parsed): Problem[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownField(key, path, parsed.schema));
  if (issue.code === 'invalid_union') return problemsOfUnion(issue.errors, path, parsed);
  return [{ where: formatPath(path), message: describeIssue(issue, valueAt(parsed.input, path)) }];
}

/** If text or an object is allowed: returns only the problems of the kind that was given. */
function problemsOfUnion(alternatives: readonly (readonly Issue[])[], path: Path, parsed: Parsed): Problem[] {
  const meant = alternatives.find(
    (issues) => !issues.some(({ code, path: { length } }) => code === 'invalid_type' && length === 0),
  );
  if (meant === undefined) {
    return [
      {
        where: formatPath(path),
        message: `must be text or an object, not ${describeKind(valueAt(parsed.input, path))}`,
      },
    ];
  }
  return meant.flatMap((issue) => problemsOfIssue(issue, [...path, ...issue.path], parsed));
}

function unknownField(key: string, path: Path, schema: z.ZodType): Problem {
  const known = fieldsAt(path, schema);
  const near = nearest(key, known);
  const way = near === null ? `there are ${known.join(', ')}` : `did you mean \`${near}\`?`;
  return { where: formatPath([...path, key]), message: `unknown field; ${way}` };
}

function describeIssue(issue: Issue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      if (value === undefined) return 'is missing';
      if (issue.expected === 'int') return 'must be a whole number';
      return ours(issue) ?? `must be ${wantedKind[issue.expected] ?? issue.expected}, not ${describeKind(value)}`;
    case 'invalid_value':
      return `must be ${issue.values.map((each) => JSON.stringify(each)).join(' or ')}${nameValue(value)}`;
    case 'too_small':
      return issue.origin === 'string' ? 'must not be empty' : `must be at least ${issue.minimum}`;
    case 'too_big':
      return `must be at most ${issue.maximum}`;
    default:
      return issue.message;
  }
}

/** A name that is not known is repeated: among several, the place alone does not show which one it is. */
const nameValue = (value: unknown): string =>
  typeof value === 'string' && value.length <= namesMax ? `, not ${JSON.stringify(value)}` : '';

/** Messages of this project's schemas begin with "must"; zod's never do. */
function ours({ message }: Issue): string | null {
  return message.startsWith('must ') ? message : null;
}

const wantedKind: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
  object: 'an object',
};

export function describeKind(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function valueAt(input: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, part) => (isObject(value) ? Reflect.get(value, part) : undefined), input);
}

/** The fields that the schema has at a place. */
function fieldsAt(path: Path, whole: z.ZodType): string[] {
  let schema: unknown = whole;
  for (const part of path) schema = readShape(schema)[String(part)];
  return Object.keys(readShape(schema)).filter((field) => field !== '$schema');
}

function readShape(schema: unknown): Readonly<Record<string, unknown>> {
  if (schema instanceof z.ZodObject) return schema.shape;
  if (schema instanceof z.ZodOptional) return readShape(schema.unwrap());
  if (schema instanceof z.ZodUnion) return Object.assign({}, ...schema.options.map(readShape));
  return {};
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
