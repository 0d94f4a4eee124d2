// Lists the problems of a job's fields, one line for each.

import { readFields } from '../input/read.ts';
import { jobReference } from '../input/reference.ts';

export function describeProblems(job: unknown): readonly string[] {
  if (jobReference(job) !== null) return [];
  return readFields(job).problems.map(({ where, message }) => (where === '' ? message : `${where}: ${message}`));
}
