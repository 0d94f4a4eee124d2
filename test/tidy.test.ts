// The rules a linter cannot express, checked over every file that git knows or would take. A broken rule names the file
// and the line, and the rule says why it is there.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { expect, test } from 'vitest';

const linesMax = 250;
/** More than this cannot be taken in at a glance: the folder holds two things. */
const filesPerFolderMax = 15;
const root = dirname(import.meta.dirname);

interface SourceFile {
  readonly path: string;
  readonly text: string;
}

interface Import {
  readonly line: number;
  readonly target: string;
  readonly typeOnly: boolean;
}

const files = listFiles();
const sources = files.filter(({ path }) => /\.(ts|mjs)$/.test(path));

/** Value imports a folder may make of the project's own files; what is not listed here may import everything. */
const mayImport: Readonly<Record<string, readonly RegExp[]>> = {
  domain: [/^domain\//],
  input: [/^(input|domain)\//],
  providers: [/^(providers|domain)\//],
  storage: [/^(storage|domain)\//],
  'job-folder': [/^(job-folder|domain)\//, /^storage\/(store|lines\/|formats\/)/],
  'queue-folder': [/^queue-folder\//],
  activities: [
    /^(activities|threads|job-folder|queue-folder|domain|input|report)\//,
    /^providers\/(provider|error)\.ts$/,
    /^storage\/(store\.ts$|lines\/|formats\/)/,
  ],
  threads: [
    /^(threads|domain|input|report|providers\/dialects)\//,
    /^job-folder\/(identity|plan\/item-line)\.ts$/,
    /^storage\/formats\/jsonl-record\.ts$/,
  ],
  report: [/^(report|domain)\//],
  workflows: [/^(workflows|domain)\//],
  client: [
    /^(client|job-folder|domain|input)\//,
    /^storage\/(registry|store|lines\/.+)\.ts$/,
    /^workflows\/((dispatcher|queue)\/)?messages\.ts$/,
    /^package\.json$/,
  ],
  worker: [/^(worker|threads|activities|job-folder|providers|storage|workflows|domain|input)\//, /^package\.json$/],
  emulator: [/^emulator\//],
};

/** Further files of which only types may be imported: a type costs nothing when the program runs. */
const mayImportTypes: Readonly<Record<string, readonly RegExp[]>> = {
  workflows: [/^activities\//],
  client: [/^(workflows|activities)\//],
};

/** Packages a folder may use; a folder not listed may use any. Workflow code has to replay, and runs in a sandbox. */
const mayUse: Readonly<Record<string, readonly RegExp[]>> = {
  domain: [],
  workflows: [/^@temporalio\/(workflow|common)$/],
};

const parsesAtTheEdge =
  /^(input\/|emulator\/|test\/|client\/(gateway|mcp)\/|worker\/(config|config-file|limits-config)\.ts$|storage\/formats\/jsonl\.ts$|providers\/vendors\/[^/]+\/(wire|profile)\.ts$)/;
const readsEnvironment =
  /^(scripts\/|test\/|vitest\.config\.ts$|bench\/|worker\/config\.ts$|client\/surroundings\.ts$|emulator\/main\.ts$|simulation\/run\/processes\.ts$)/;
const configFile = /^(vitest\.config\.ts|knip\.ts)$/;

interface TextRule {
  readonly rule: string;
  readonly pattern: RegExp;
  readonly except?: RegExp;
  readonly over?: readonly SourceFile[];
}

// Letters in brackets keep a pattern from finding itself.
const textRules: readonly TextRule[] = [
  { rule: 'no `any`: it turns the type checker off', pattern: /(:\s*|\bas\s+|<)any\b(?!\s+\w)|\bany\[\]/ },
  { rule: 'no `enum`: Node cannot strip it', pattern: /^\s*(export\s+)?(const\s+)?enum\s/ },
  { rule: 'no default export: a name is found by a search', pattern: /^export default\b/, except: configFile },
  { rule: 'no postponed work in comments', pattern: /\bTO[D]O\b|\bFIX[M]E\b/, over: files },
  { rule: 'no test left out or singled out', pattern: /\b(test|it|describe|suite)(\.\w+)*\.(only|skip|todo)\b/ },
  { rule: 'the environment is read in one place per program', pattern: /\bprocess\.env\b/, except: readsEnvironment },
  { rule: 'zod only where data comes in', pattern: /from\s+'zod(\/[^']*)?'/, except: parsesAtTheEdge },
  { rule: 'no path of one machine', pattern: /(^|[\s"'`(=:])\/(root|work|Users|home\/(?!node\b)\w+)\/\w/, over: files },
  {
    rule: 'an `if` or a loop over several lines has braces',
    pattern: /^\s*(\} else )?(if|for|while) \([^;]*\)$|^\s*(\} )?else$/,
  },
  { rule: 'constants are camel case', pattern: /\b(const|let) [A-Z][A-Z0-9]*_[A-Z0-9_]*\b/ },
  { rule: 'no object is spread to please the formatter', pattern: /\.\.\.\{ [^}]*\}[,;]?$/ },
  {
    rule: 'no host of a package registry',
    pattern: /registry\.npm[j]s|npm[j]s\.org|repo1?\.maven|proxy\.golan[g]|pyp[i]\.org|crates\.i[o]\b/,
    over: files,
  },
];

test('imports go in one direction', () => {
  expect(sources.flatMap(forbiddenImports)).toEqual([]);
});

test.for(textRules)('$rule', ({ pattern, except, over = sources }) => {
  const checked = over.filter(({ path }) => !except?.test(path));
  expect(checked.flatMap((file) => matchingLines(file, pattern))).toEqual([]);
});

test('no file imports itself by way of others, types included', () => {
  expect(findCycles(new Map(sources.map((file) => [file.path, listTargets(file)])))).toEqual([]);
});

test(`a folder holds at most ${filesPerFolderMax} source files`, () => {
  const counts = new Map<string, number>();
  for (const { path } of sources) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
  const full = [...counts].filter(([, count]) => count > filesPerFolderMax);
  expect(full.map(([folder, count]) => `${folder}/ holds ${count} files`)).toEqual([]);
});

test(`a source file stays under ${linesMax} lines`, () => {
  const long = sources.filter(({ text }) => lineCount(text) >= linesMax);
  expect(long.map(({ path, text }) => `${path}:${linesMax} of ${lineCount(text)} lines`)).toEqual([]);
});

test('a source file says its reason first', () => {
  const silent = sources.filter(({ text }) => !/^(\/\/|\/\*)/.test(afterImports(text)));
  expect(silent.map(({ path }) => `${path}:1 begins without a comment`)).toEqual([]);
});

test('no file is named after nothing in particular', () => {
  const vague = /(^|[/.-])(utils?|helpers?|common|managers?|services?)(?=[/.-])/;
  expect(sources.filter(({ path }) => vague.test(path)).map(({ path }) => `${path}:1`)).toEqual([]);
});

test('all Temporal packages are pinned to one exact version', () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const all: [string, string][] = Object.entries({ ...dependencies, ...devDependencies });
  const versions = new Set(all.filter(([name]) => name.startsWith('@temporalio/')).map(([, version]) => version));
  expect([...versions]).toEqual([expect.stringMatching(/^\d+\.\d+\.\d+$/)]);
});

test('there are files to check', () => {
  expect(sources.length).toBeGreaterThan(20);
});

function listFiles(): SourceFile[] {
  const options = { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 } as const;
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], options);
  const paths = [...new Set(listed.split('\0'))].filter((path) => isText(path) && existsSync(join(root, path)));
  return paths.map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

/** Recorded histories and binary files are data, not writing. */
function isText(path: string): boolean {
  if (path === '' || path.startsWith('test/replay/histories/')) return false;
  return !/\.(png|jpe?g|gif|ico|gz|parquet|woff2?|jsonl|csv)$/.test(path);
}

function forbiddenImports(file: SourceFile): string[] {
  const folder = file.path.split('/')[0] ?? '';
  return findImports(file.text)
    .filter((one) => !isAllowed(file.path, folder, one))
    .map(({ line, target }) => `${file.path}:${line} ${folder} may not import ${target}`);
}

function isAllowed(path: string, folder: string, { target, typeOnly }: Import): boolean {
  if (!target.startsWith('.')) return mayUse[folder]?.some((pattern) => pattern.test(target)) ?? true;
  const resolved = posix.join(posix.dirname(path), target);
  const patterns = mayImport[folder];
  if (!patterns || patterns.some((pattern) => pattern.test(resolved))) return true;
  return typeOnly && (mayImportTypes[folder]?.some((pattern) => pattern.test(resolved)) ?? false);
}

/** `import ... from`, `export ... from`, a bare `import`, and `import()` of a constant. */
function findImports(text: string): Import[] {
  const statement = /^(?:import|export)\s+(type\s+)?(?:[\w*\s{},$]+?\sfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)/gm;
  return [...text.matchAll(statement)].map((match) => ({
    line: lineCount(text.slice(0, match.index)) + 1,
    target: match[2] ?? match[3] ?? '',
    typeOnly: match[1] !== undefined,
  }));
}

/** The project's own files that a file imports, `import type` included. */
function listTargets({ path, text }: SourceFile): string[] {
  return findImports(text)
    .filter(({ target }) => target.startsWith('.'))
    .map(({ target }) => posix.join(posix.dirname(path), target));
}

/** Each cycle once, from the file in it that was visited first. */
function findCycles(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const cycles: string[] = [];
  const finished = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) cycles.push([...trail.slice(at), path].join(' -> '));
    if (at >= 0 || finished.has(path)) return;
    for (const target of imports.get(path) ?? []) visit(target, [...trail, path]);
    finished.add(path);
  };
  for (const path of imports.keys()) visit(path, []);
  return cycles;
}

function matchingLines({ path, text }: SourceFile, pattern: RegExp): string[] {
  return text.split('\n').flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : []));
}

function lineCount(text: string): number {
  return text.split('\n').length - 1;
}

function afterImports(text: string): string {
  return text.replace(/^(#![^\n]*\n)?(\s|import\s[^;]*;)*/, '');
}
