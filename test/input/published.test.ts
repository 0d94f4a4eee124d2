// What is published is what is enforced: the schema file, and the examples.

import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parseJob } from '../../input/resolve.ts';
import { jobFields } from '../../input/schema.ts';
import { jobSchemaText } from '../../input/write-job-schema.ts';
import { readDataset } from '../../storage/formats/dataset.ts';
import { createFileStore } from '../../storage/local/store.ts';
import { facts } from './facts.ts';

const root = new URL('../../', import.meta.url);
const jsonOf = async (name: string) => JSON.parse(await readFile(new URL(name, root), 'utf8'));

test('job.schema.json is current; if not, run input/write-job-schema.ts and format it', async () => {
  expect(await jsonOf('job.schema.json')).toEqual(JSON.parse(jobSchemaText()));
});

test('every field is described for editors', () => {
  const schema = JSON.parse(jobSchemaText());
  const without: string[] = [];
  const visit = (node: Record<string, unknown>, place: string) => {
    for (const [field, child] of Object.entries(node.properties ?? {})) {
      if (typeof child.description !== 'string') without.push(`${place}${field}`);
      visit(child, `${place}${field}.`);
    }
    if (Array.isArray(node.anyOf)) for (const each of node.anyOf) visit(each, place);
  };
  visit(schema, '');
  expect(without).toEqual([]);
  expect(Object.keys(schema.properties)).toEqual(Object.keys(jobFields.shape));
});

test.each([
  ['examples/tickets.json', 60],
  ['examples/prompt-anthropic.json', 60],
  ['examples/ready-made.json', 6],
  ['examples/nightly.json', 12],
])('%s is a job, and its dataset has %i rows and no refusals', async (name, rows) => {
  const parsed = parseJob(await jsonOf(name), facts);
  if (parsed.kind !== 'job') throw new Error(JSON.stringify(parsed));
  const store = createFileStore({ root: root.pathname });
  const kinds: string[] = [];
  for await (const some of readDataset(store, parsed.spec.dataset)) kinds.push(...some.map(({ kind }) => kind));
  expect(kinds).toEqual(Array.from({ length: rows }, () => 'row'));
});
