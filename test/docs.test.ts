// What the docs say is there: links and files that exist, jobs that are valid, reasons and words that are the code's own.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { itemReasons, refusalReasons } from '../domain/outcome/outcome.ts';
import { defaultVerdicts } from '../domain/outcome/verdict.ts';
import { parseJob } from '../input/resolve.ts';
import { facts } from './input/facts.ts';

const root = dirname(import.meta.dirname);
const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'emulator/README.md', ...pagesIn('docs')];
const read = (page: string): string => readFileSync(join(root, page), 'utf8');

function pagesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter(({ name }) => name.endsWith('.md'))
    .map(({ parentPath, name }) => join(parentPath, name).slice(root.length + 1));
}

/** A heading as its link names it. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');

test.each(pages)('every link of %s leads somewhere', (page) => {
  const broken = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1] ?? '')
    .filter((link) => !/^https?:/.test(link))
    .filter((link) => {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? page : join(dirname(page), file);
      if (!existsSync(join(root, target))) return true;
      const headings = [...read(target).matchAll(/^#+ (.*)$/gm)].map((match) => anchorOf(match[1] ?? ''));
      return anchor !== undefined && !headings.includes(anchor);
    });
  expect(broken).toEqual([]);
});

test.each(pages)('every file of the project that %s names exists', (page) => {
  const named = [...read(page).matchAll(/`([a-z-]+\/[\w./-]*\.(?:ts|json|jsonl|md|mjs))`/g)].map(
    (match) => match[1] ?? '',
  );
  expect(named.filter((path) => !/^(runs|plan|flushes)\//.test(path) && !existsSync(join(root, path)))).toEqual([]);
});

test('reasons.md has every reason, says of items what the verdict table says, and has no other', () => {
  const rows = [...read('docs/reasons.md').matchAll(/^\| `(\w+)` +\|[^|]*\| ([^|]*?) *\|/gm)];
  expect(rows.map((row) => row[1])).toEqual([...Object.keys(defaultVerdicts), ...refusalReasons]);
  expect(Object.keys(defaultVerdicts).toSorted()).toEqual([...itemReasons].toSorted());
  const said = { retry: 'yes', once: 'once more', fail: 'no', deadline: 'as `deadline.then` says' };
  const verdicts = Object.entries(defaultVerdicts).map(([reason, verdict]) => [reason, said[verdict]]);
  expect(rows.slice(0, itemReasons.length).map((row) => [row[1], row[2]])).toEqual(verdicts);
});

test('every test that the crash matrix names is there', () => {
  const named = [...read('docs/failure-modes.md').matchAll(/`(test\/[\w./-]+)`/g)].map((match) => match[1] ?? '');
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});

test('every job of the README is valid', () => {
  const jobs = [...read('README.md').matchAll(/```json\n([\s\S]*?)```/g)].map((match) => JSON.parse(match[1] ?? ''));
  const whole = jobs.filter((job) => 'dataset' in job);
  expect(whole.length).toBeGreaterThan(0);
  for (const job of whole) expect(parseJob(job, facts)).toMatchObject({ kind: 'job' });
});

test('every command of the README and of CONTRIBUTING is a script', () => {
  const { scripts } = JSON.parse(read('package.json'));
  const named = ['README.md', 'CONTRIBUTING.md', ...pagesIn('docs')].flatMap((page) =>
    [...read(page).matchAll(/npm (?:run )?([\w-]+)/g)].map((match) => match[1] ?? ''),
  );
  const builtIn = ['test', 'audit', 'install', 'outdated', 'pack'];
  expect(named.filter((name) => !(name in scripts) && !builtIn.includes(name))).toEqual([]);
});

test('every production dependency has its reason', () => {
  const { dependencies } = JSON.parse(read('package.json'));
  const page = read('docs/decisions/0001-dependencies.md');
  const named = (name: string): boolean =>
    page.includes(`\`${name}\``) || page.includes(`\`${name.replace('@temporalio/', '')}\``);
  expect(Object.keys(dependencies).filter((name) => !named(name))).toEqual([]);
});

test('the index of decisions has every decision, in order', () => {
  const linked = [...read('docs/decisions/README.md').matchAll(/^- \[(\d+)\]\((\d{4}-[\w-]+\.md)\)/gm)];
  const files = readdirSync(join(root, 'docs/decisions')).filter((name) => /^\d/.test(name));
  expect(linked.map((link) => link[2])).toEqual(files.toSorted());
  expect(linked.map((link) => Number(link[1]))).toEqual(files.map((_, index) => index + 1));
});
