// What is published is what is enforced: the schema file, and the examples.

import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import type { Json } from '../../domain/outcome/outcome.ts';
import { compileTemplate } from '../../domain/request/template.ts';
import { fieldDocs } from '../../input/published/field-docs.ts';
import { replaceFields } from '../../input/published/job-page.ts';
import { jobSchemaText, listFields, queueSchemaText } from '../../input/published/job-schema.ts';
import { parseJob } from '../../input/resolve.ts';
import { jobFields } from '../../input/schema.ts';
import { compileText } from '../../input/templates/liquid.ts';
import { readDataset } from '../../storage/formats/dataset.ts';
import { createFileStore } from '../../storage/local/store.ts';
import { embeddings, facts, smallest } from './facts.ts';

const root = new URL('../../', import.meta.url);
const jsonOf = async (name: string) => JSON.parse(await readFile(new URL(name, root), 'utf8'));

const readPage = (name: string): string => readFileSync(new URL(name, root), 'utf8');

test('job.schema.json is current; if not, run input/published/write.ts and format it', async () => {
  expect(await jsonOf('job.schema.json')).toEqual(JSON.parse(jobSchemaText()));
});

test('queue.schema.json is current, and takes the examples; if not, run input/published/write.ts and format it', async () => {
  const schema = await jsonOf('queue.schema.json');
  expect(schema).toEqual(JSON.parse(queueSchemaText()));
  const check = new Ajv({ strict: false }).compile(schema);
  const queue = await jsonOf('examples/queues/tickets.json');
  expect([check(queue), check.errors]).toEqual([true, null]);
  const asynchronous = await jsonOf('examples/queues/within-minutes.json');
  expect([check(asynchronous), check.errors]).toEqual([true, null]);
  expect(readPage('docs/queues.md')).toContain(
    JSON.stringify(asynchronous.flush)
      .replaceAll(/([{:,])/g, '$1 ')
      .replace('}', ' }'),
  );
  const { job, ...flush } = queue;
  expect(check({ ...flush, job: { ...job, dataset: 'rows.jsonl' } })).toBe(false);
  expect(check({ ...queue, flush: { item: 5 } })).toBe(false);
});

test('the table of docs/job-file.md is current; if not, run input/published/write.ts and format it', () => {
  // The formatter aligns the columns.
  const unaligned = (page: string): string => page.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---');
  expect(unaligned(readPage('docs/job-file.md'))).toBe(unaligned(replaceFields(readPage('docs/job-file.md'))));
});

test('every field that is described is one of the schema', () => {
  expect(listFields().map(({ path }) => path)).toEqual(Object.keys(fieldDocs));
});

/** A job with one field set: `batch.maxItems` of 5 makes { batch: { maxItems: 5 } }. */
function jobWith(path: string, value: Json): Record<string, unknown> {
  const [name = '', inner] = path.split('.');
  const needed: Record<string, Record<string, Json>> = {
    dataset: inner === 'delimiter' ? { uri: 'rows.csv' } : { uri: smallest.dataset },
    prompt: { user: '{{ text }}' },
    budget: { usd: 5 },
    output: { uri: 'runs/x/' },
    webhook: { url: 'https://example.com/' },
  };
  if (name === 'mode' || name === 'route') {
    const given = inner === undefined ? { [name]: value } : { route: { [inner]: value } };
    return { ...smallest, mode: 'hybrid', route: { upTo: 5 }, ...given };
  }
  if (path === 'batch.inputsPerRequest') return { ...embeddings, batch: { inputsPerRequest: value } };
  const { request, ...without } = smallest;
  const base = name === 'prompt' ? without : { ...without, request };
  return { ...base, [name]: inner === undefined ? value : { ...needed[name], [inner]: value } };
}

test.each(Object.entries(fieldDocs))('the example of %s is valid', (path, { example }) => {
  if (path === 'resumeFrom') expect(parseJob({ resumeFrom: example }, facts).kind).toBe('resume');
  else expect(parseJob(jobWith(path, example), facts)).toMatchObject({ kind: 'job' });
});

test.each(
  Object.entries(fieldDocs).flatMap(([path, { default: known }]) =>
    typeof known === 'object' && known !== null ? [[path, known.value] as const] : [],
  ),
)('the default of %s is what a job without it gets', (path, value) => {
  const set = jobWith(path, value);
  const [name = '', inner] = path.split('.');
  const unset = jobWith(path, value);
  if (inner === undefined) delete unset[name];
  else delete (unset[name] as Record<string, unknown>)[inner];
  expect(parseJob(set, facts)).toEqual(parseJob(unset, facts));
});

test('each template of docs/job-file.md becomes what the page says', () => {
  const page = readPage('docs/job-file.md');
  const row = JSON.parse(/^`(\{"id": "t-1".*\})`:$/m.exec(page)?.[1] ?? '');
  const cases = [...page.matchAll(/^\| `(".*")` +\| `(.*)` +\|$/gm)];
  expect(cases.length).toBeGreaterThan(7);
  for (const [, template = '', becomes = ''] of cases) {
    const text = JSON.parse(template.replaceAll('\\|', '|'));
    const rendered = compileTemplate([text], compileText).render(row);
    const wire = 'wire' in rendered ? rendered.wire.join('') : rendered.reason;
    expect(wire, template).toBe(JSON.stringify([JSON.parse(becomes)]));
  }
});

test.each(['docs/job-file.md', 'docs/recipes.md'])('every job of %s is valid', (name) => {
  const jobs = [...readPage(name).matchAll(/```json\n([\s\S]*?)```/g)].map(([, job = '']) => JSON.parse(job));
  const whole = jobs.filter((job) => 'provider' in job);
  expect(whole.length).toBeGreaterThan(2);
  for (const job of whole) expect(parseJob(job, facts), JSON.stringify(job)).toMatchObject({ kind: 'job' });
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
  ['examples/images.json', 4],
])('%s is a job, and its dataset has %i rows and no refusals', async (name, rows) => {
  const parsed = parseJob(await jsonOf(name), facts);
  if (parsed.kind !== 'job') throw new Error(JSON.stringify(parsed));
  const store = createFileStore({ root: root.pathname });
  const kinds: string[] = [];
  for await (const some of readDataset(store, parsed.spec.dataset)) kinds.push(...some.map(({ kind }) => kind));
  expect(kinds).toEqual(Array.from({ length: rows }, () => 'row'));
});
