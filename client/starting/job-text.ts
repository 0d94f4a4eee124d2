// The text that Temporal's Web UI shows for a job in its list and at the top of its page. It never contains rows or the prompt.

import { jobReference } from '../../input/reference.ts';

export interface JobText {
  readonly staticSummary: string;
  readonly staticDetails: string;
}

/** Temporal's own bound for a summary is 200 bytes. */
const summaryCharsMax = 180;

/** For a job by reference, contains only the reference. Leaves out fields of a wrong type; the job itself reports those. */
export function jobText(job: unknown, id: string): JobText {
  const reference = jobReference(job);
  const summary = reference === null ? summarizeJob(job) : `the job in ${reference}`;
  const details = [
    ...(reference === null ? describeJob(job) : []),
    `Follow it: \`nightshift watch ${id}\`. Change it: \`nightshift set ${id} --budget 25\`.`,
  ];
  return { staticSummary: summary.slice(0, summaryCharsMax), staticDetails: details.join('\n\n') };
}

function summarizeJob(job: unknown): string {
  const dataset = findDataset(job);
  const who = [textIn(job, 'model'), textIn(job, 'provider')].filter((text) => text !== null).join(' at ');
  return [who, dataset].filter((text) => text !== null && text !== '').join(': ') || 'a job';
}

function describeJob(job: unknown): string[] {
  const output = readField(job, 'output');
  const folder = typeof output === 'string' ? output : textIn(output, 'uri');
  const usd = readField(readField(job, 'budget'), 'usd');
  return [
    ...(folder === null ? [] : [`Results: \`${folder}\`.`]),
    ...(typeof usd === 'number' ? [`Budget: $${usd}.`] : []),
  ];
}

function findDataset(job: unknown): string | null {
  const dataset = readField(job, 'dataset');
  return typeof dataset === 'string' ? dataset : textIn(dataset, 'uri');
}

function textIn(value: unknown, name: string): string | null {
  const field = readField(value, name);
  return typeof field === 'string' ? field : null;
}

const readField = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
