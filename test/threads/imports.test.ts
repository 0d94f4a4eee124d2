// What the code of threads reaches. A thread opens a vocabulary at most, calls nobody and reads no clock, so a task's result depends on its input alone.

import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** Files by their path, with their texts and the packages and Node modules that they import as values. */
interface Reached {
  readonly files: ReadonlyMap<string, string>;
  readonly packages: ReadonlySet<string>;
}

function reachFrom(entry: string): Reached {
  const files = new Map<string, string>();
  const packages = new Set<string>();
  const visit = (path: string): void => {
    if (files.has(path)) return;
    const text = readFileSync(path, 'utf8');
    files.set(path, text);
    for (const target of listValueImports(text)) {
      if (!target.startsWith('.')) packages.add(target);
      else if (target.endsWith('.ts')) visit(join(dirname(path), target));
    }
  };
  visit(join(root, entry));
  return { files, packages };
}

/** Static imports and re-exports of values, and every dynamic import. */
function listValueImports(text: string): string[] {
  const statement = /^(?:import|export)\s+(?!type\b)(?:[\w*\s{},$]+?\sfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)/gm;
  return [...text.matchAll(statement)].map((match) => match[1] ?? match[2] ?? '');
}

const reached = reachFrom('threads/thread.ts');

test('a thread reaches no package and no module of Node beyond those that compute', () => {
  const allowed = [
    'ajv',
    'ajv/dist/2020.js',
    'echarts/dist/echarts.esm.min.mjs',
    'gpt-tokenizer/GptEncoding',
    'liquidjs',
    'node:buffer',
    'node:crypto',
    'node:fs',
    'node:worker_threads',
    'node:zlib',
  ];
  expect([...reached.packages].filter((name) => !allowed.includes(name))).toEqual([]);
  expect(reached.files.size).toBeGreaterThan(20);
});

test('the only file that a thread reads is a vocabulary', () => {
  const readers = [...reached.files].filter(([, text]) => listValueImports(text).includes('node:fs'));
  expect(readers.map(([path]) => relative(root, path))).toEqual(['threads/tasks/count-tokens.ts']);
  const [[, text] = ['', '']] = readers;
  expect(text.match(/readFileSync\(/g)).toHaveLength(1);
  expect(text).toMatch(/import\.meta\.resolve\(`gpt-tokenizer\/data\/\$\{encoding\}\.tiktoken`\)/);
});

test('the main thread never loads a tokenizer, nor does a thread that renders', () => {
  const [main, renders] = [reachFrom('worker/main.ts'), reachFrom('threads/tasks/render-rows.ts')];
  expect([...main.packages]).toContain('@temporalio/worker');
  expect([...renders.packages]).toContain('liquidjs');
  expect([...main.packages, ...renders.packages].filter((name) => name.startsWith('gpt-tokenizer'))).toEqual([]);
});

test('a thread reaches no store', () => {
  expect(
    [...reached.files.keys()].filter((path) => /\/storage\/(?!formats\/jsonl-record|lines\/json-fault)/.test(path)),
  ).toEqual([]);
});

test('no code that a thread reaches reads a clock or chance', () => {
  const clock = /\bDate\.now\(|\bperformance\b|\bnew Date\(\s*\)|\bMath\.random\(|\brandomBytes\(|\bprocess\.hrtime\b/;
  const lines = [...reached.files].flatMap(([path, text]) =>
    text.split('\n').flatMap((line, index) => (clock.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : [])),
  );
  expect(lines).toEqual([]);
});
