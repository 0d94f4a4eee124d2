// A job's output is empty or the job's own, and holds nothing that the job reads.

import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { job, type World, world, written } from './world.ts';

const output = 'out/';
const another = { workflowId: 'second', firstRunId: 'run-2' };

function put({ root }: World, name: string, text = ''): void {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  writeFileSync(join(root, name), text);
}

const listAll = ({ root }: World): string[] => readdirSync(root, { recursive: true, encoding: 'utf8' }).toSorted();

/** `open` and `validate` refuse it, and neither writes anything. */
async function expectRefused(at: World, input: unknown, where: string, words: readonly string[]): Promise<void> {
  const before = listAll(at);
  for (const { problems, message } of [await at.refusal(input), await at.invalid(input)]) {
    expect(problems.map((problem) => problem.where)).toEqual([where]);
    for (const word of words) expect(message).toContain(word);
  }
  expect(listAll(at)).toEqual(before);
}

test.each([
  '{"dataset": "rows.jsonl"}',
  'not json',
  '',
  'null',
  '[]',
  '{"claim":null,"spec":{}}',
  '{"claim":{},"spec":{}}',
])('a job.json that Nightshift did not write is refused and stays: %s', async (text) => {
  const at = await world();
  put(at, 'out/job.json', text);
  await expectRefused(at, { ...job, output }, 'output', ['out/job.json', 'rename', 'another `output`']);
  expect(readFileSync(join(at.root, 'out/job.json'), 'utf8')).toBe(text);
  expect((await at.refusal({ resumeFrom: output })).message).toContain('out/job.json');
});

test.each([
  'out/notes.txt',
  'out/results.jsonl',
  'out/in-doubt.jsonl',
  'out/old/x.csv',
  'out/plan/wave-1/batch-0001.items.jsonl',
])("another's file in the output is refused: %s", async (file) => {
  const at = await world();
  put(at, file, 'x');
  await expectRefused(at, { ...job, output }, 'output', [file, 'not empty', 'another `output`']);
});

test('dot files, what lies below dot folders, and empty folders do not count', async () => {
  const at = await world();
  for (const name of ['out/.DS_Store', 'out/.cache/x', 'out/sub/.keep']) put(at, name);
  expect((await at.open({ ...job, output })).output).toBe(output);
});

test('a folder marker of an object store does not count', async () => {
  const at = await world();
  const { store } = at.deps;
  const marked: World['deps'] = {
    ...at.deps,
    store: {
      ...store,
      async *list(prefix) {
        yield { uri: prefix, bytes: 0, version: '' };
        yield { uri: `${prefix}sub/`, bytes: 0, version: '' };
        yield* store.list(prefix);
      },
    },
  };
  Object.assign(at.deps, marked);
  expect((await at.open({ ...job, output })).output).toBe(output);
});

test('files next to a claim are left alone if the same run opens its job again', async () => {
  const at = await world();
  await at.open({ ...job, output });
  put(at, 'out/notes.txt');
  expect((await at.open({ ...job, output })).output).toBe(output);
});

test.each(['taken', 'taken/below'])('an output that a file is in the way of is refused: %s', async (wanted) => {
  const at = await world();
  put(at, 'taken');
  await expectRefused(at, { ...job, output: wanted }, 'output', ['taken is a file', 'another `output`']);
});

test('an output that a link leads out of the data root is refused', async () => {
  const at = await world();
  symlinkSync((await world()).root, join(at.root, 'link'));
  await expectRefused(at, { ...job, output: 'link/out' }, 'output', ['link/out/', 'data root']);
});

test('a dataset or `reuse` inside the output is refused, however the paths are written', async () => {
  const at = await world();
  const other = { ...job, dataset: 'x/failures.jsonl' };
  put(at, 'x/failures.jsonl', '{"id":1,"text":"x"}\n');
  for (const wanted of ['x', './x/', 'x//']) {
    const { problems, kind } = await at.refusal({ ...other, output: wanted });
    expect(kind).toBe('invalid_job');
    expect(problems[0]).toMatchObject({ where: 'dataset' });
    expect(problems[0]?.message).toMatch(/inside `output`.*another `output`.*move/);
    expect((await at.invalid({ ...other, output: wanted })).problems).toEqual(problems);
  }
  const { problems } = await at.refusal({ ...job, reuse: 'x/failures.jsonl', output: 'x' });
  expect(problems[0]).toMatchObject({ where: 'reuse' });
  expect(written(at, 'x/')).toBeNull();
  expect(readFileSync(join(at.root, 'x/failures.jsonl'), 'utf8')).not.toBe('');
  expect((await at.refusal({ ...other, output: 'x' }, { output: 'estimates/1/' })).message).toContain('dataset');
});

test.each([
  ['**/*.jsonl', 'x/results.jsonl'],
  ['x*/f*.jsonl', 'x/failures.jsonl'],
  ['*/in-doubt.*', 'x/in-doubt.jsonl'],
  ['*/*.csv', 'x/results.csv'],
  ['**/batch-*.items.jsonl', 'x/plan/wave-1/batch-0001.items.jsonl'],
  ['*/answers/wave-2/*.jsonl', 'x/answers/wave-2/batch-0001.jsonl'],
  ['*/plan/wave-3/batch-0*17.requests.jsonl', 'x/plan/wave-3/batch-0017.requests.jsonl'],
  ['**/*.png', `x/files/${'0'.repeat(32)}-0.png`],
])('a pattern that matches a file that the job will write is refused: %s', async (dataset, own) => {
  const at = await world();
  const { problems } = await at.refusal({ ...job, dataset: { uri: dataset, format: 'jsonl' }, output: 'x' });
  const message = expect.stringContaining(`also matches ${own}, which this job writes`);
  expect(problems).toContainEqual({ where: 'dataset', message });
  expect(written(at, 'x/')).toBeNull();
});

test('the in-doubt.jsonl of a job cannot be the dataset of a job in the same folder', async () => {
  const at = await world();
  const text = '{"id":1,"text":"x"}\n';
  put(at, 'x/in-doubt.jsonl', text);
  const { kind, problems } = await at.refusal({ ...job, dataset: 'x/in-doubt.jsonl', output: 'x' });
  expect({ kind, where: problems[0]?.where }).toEqual({ kind: 'invalid_job', where: 'dataset' });
  expect(readFileSync(join(at.root, 'x/in-doubt.jsonl'), 'utf8')).toBe(text);
});

test('a folder in which an earlier job left nothing but its in-doubt.jsonl is not taken', async () => {
  const at = await world();
  await at.open({ ...job, output });
  put(at, 'out/in-doubt.jsonl', '{"id":1,"text":"x"}\n');
  expect((await at.refusal({ ...job, output }, another)).kind).toBe('output_claimed');
  expect(readFileSync(join(at.root, 'out/in-doubt.jsonl'), 'utf8')).not.toBe('');
});

test('a dataset next to the output, with a name that begins in the same way, is fine', async () => {
  const at = await world();
  put(at, 'out.jsonl', '{"id":1,"text":"x"}\n');
  put(at, 'out-rows/rows.jsonl', '{"id":1,"text":"x"}\n');
  await at.open({ ...job, dataset: 'out.jsonl', output });
  await at.open({ ...job, dataset: 'out-rows/rows.jsonl', output: 'out2' }, another);
});

test("`validate` refuses an output that another workflow's job has claimed", async () => {
  const at = await world();
  at.openWorkflows.add('tickets');
  await at.open({ ...job, output });
  expect((await at.invalid({ ...job, output })).kind).toBe('output_claimed');
});
