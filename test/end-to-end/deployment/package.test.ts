// What npm would publish: what is in it, and whether a program that has nothing else can use it, by types and for real.

import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startDevServer } from '../../../scripts/dev-server.ts';
import { projectRoot } from '../../../scripts/tools/cache.ts';
import { startChild } from '../../../scripts/tools/child.ts';
import { said } from '../cli/commands.ts';
import { Cell } from '../crash/cell.ts';

const tarballBytesMax = 1.95e6;
const unpackedBytesMax = 7.4e6;

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

let folder: string;
let consumer: string;
let packed: Packed;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nightshift-package-'));
  packed = pack(join(folder, 'checkout'));
  consumer = join(folder, 'consumer');
  install(join(folder, 'checkout', packed.filename));
}, 240_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Of a copy, since it builds: a folder of its own, in nobody's way. */
function pack(checkout: string): Packed {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: projectRoot,
    encoding: 'utf8',
  });
  for (const path of listed.split('\0').filter((each) => each !== '' && !each.startsWith('test/'))) {
    cpSync(join(projectRoot, path), join(checkout, path));
  }
  symlinkSync(join(projectRoot, 'node_modules'), join(checkout, 'node_modules'));
  const printed = execFileSync('npm', ['pack', '--json'], {
    cwd: checkout,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // What the build says comes before it.
  const [made]: Packed[] = JSON.parse(printed.slice(printed.search(/^\[/m)));
  if (made === undefined) throw new Error(`npm pack said ${printed}`);
  return made;
}

/** As `npm install <tarball>` would, but with the packages of this checkout: those that it declares, and no others. */
function install(tarball: string): void {
  const modules = join(consumer, 'node_modules');
  const own = join(modules, 'nightshift');
  mkdirSync(own, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '-C', own, '--strip-components=1']);
  const { dependencies, bin } = JSON.parse(readFileSync(join(own, 'package.json'), 'utf8'));
  for (const name of [...Object.keys(dependencies), '@types/node']) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(projectRoot, 'node_modules', name), join(modules, name));
  }
  mkdirSync(join(modules, '.bin'));
  for (const [name, file] of Object.entries<string>(bin)) {
    chmodSync(join(own, file), 0o755);
    symlinkSync(join(own, file), join(modules, '.bin', name));
  }
  writeFileSync(join(consumer, 'package.json'), JSON.stringify({ type: 'module' }));
}

test('what is published is the built code with its types, small, and nothing of tests, tools or the emulator', () => {
  const paths = packed.files.map(({ path }) => path);
  const kinds = new Set(paths.map((path) => path.replace(/^dist\/([\w-]+)\/.*/, 'dist/$1')));
  expect([...kinds].toSorted()).toEqual([
    ...['CHANGELOG.md', 'LICENSE', 'README.md', 'dist/activities', 'dist/client', 'dist/domain', 'dist/input'],
    ...['dist/job-folder', 'dist/package.json', 'dist/providers', 'dist/queue-folder', 'dist/report'],
    ...['dist/storage', 'dist/threads'],
    ...[
      'dist/worker',
      'dist/workflow-bundle.js',
      'dist/workflows',
      'job.schema.json',
      'package.json',
      'queue.schema.json',
    ],
  ]);
  expect(paths.filter((path) => /(?<!\.d)\.ts$|\.map$|test/.test(path))).toEqual([]);
  // The gateway's page, as browsers take it.
  const scripts = ['main', 'report', 'job/job'].map((name) => `dist/client/gateway/page/browser/${name}.js`);
  expect(paths).toEqual(expect.arrayContaining(scripts));
  expect(packed.size).toBeLessThan(tarballBytesMax);
  expect(packed.unpackedSize).toBeLessThan(unpackedBytesMax);
  const manifest = JSON.parse(readFileSync(join(consumer, 'node_modules/nightshift/package.json'), 'utf8'));
  expect(manifest).toMatchObject({ license: 'Apache-2.0' });
  expect(manifest).not.toHaveProperty('private');
});

/** The programs of docs/library.md, as they stand there: a job from start to end, its events, and a queue. */
const [program = '', events = '', queue = ''] = [
  ...readFileSync(join(projectRoot, 'docs/library.md'), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g),
].map(([, code]) => code);

const types = `
import { type Job, type JobEvent, type JobStatus, Nightshift, type Result } from 'nightshift';

// @ts-expect-error: a misspelt field
export const misspelt: Job = { dataset: 'a.jsonl', provder: 'openai' };
// @ts-expect-error: a number has no unit
export const unitless: Job = { deadline: { batch: 20 } };
export const phaseOf = ({ phase }: JobStatus): 'done' | 'running' => (phase === 'done' ? 'done' : 'running');
// @ts-expect-error: no such phase
export const flies = ({ phase }: JobStatus): boolean => phase === 'flying';
export const lengthOf = ({ output }: Result<string>): number => output?.length ?? 0;
// @ts-expect-error: an output is what was said it is
export const sum = ({ output }: Result<string>): number => (output ?? 0) + 1;
export const rowOf = (event: JobEvent<string>): string | null => (event.event === 'item' ? event.data.output : null);
// @ts-expect-error: only an item has an output
export const outputOf = (event: JobEvent<string>): string | null => event.data.output;
export async function lastId(jobs: Nightshift): Promise<string | undefined> {
  let last: string | undefined;
  for await (const { id } of jobs.events('tickets', { items: false })) last = id ?? last;
  return last;
}
// @ts-expect-error: a job has an id
export const idless = (jobs: Nightshift): Promise<void> => jobs.start({ job: 'jobs/a.json' }, {});
`;

test('the programs of docs/library.md are right by their types, and wrong ones are refused', () => {
  writeFileSync(join(consumer, 'main.ts'), program);
  writeFileSync(join(consumer, 'events.ts'), events);
  writeFileSync(join(consumer, 'queue.ts'), queue);
  writeFileSync(join(consumer, 'types.ts'), types);
  const strict = ['--strict', '--noUncheckedIndexedAccess', '--exactOptionalPropertyTypes', '--skipLibCheck', 'true'];
  const target = ['--target', 'es2024', '--module', 'nodenext', '--types', 'node'];
  const tsc = join(projectRoot, 'node_modules/.bin/tsc');
  const options = { cwd: consumer, encoding: 'utf8' } as const;
  try {
    execFileSync(tsc, [...strict, ...target, 'main.ts', 'events.ts', 'queue.ts', 'types.ts'], options);
  } catch (error) {
    throw new Error(error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error));
  }
});

test('it runs against the worker that is published, which needs no bundler', async () => {
  const server = await startDevServer({ headless: true });
  const connection = await Connection.connect({ address: server.address });
  const at = { address: server.address, client: new Client({ connection }) };
  try {
    await Cell.with(at, 'packed', { workers: 0 }, async (cell) => {
      const { NIGHTSHIFT_BUNDLE: _, ...env } = cell.env;
      const bin = (name: string): string => join(consumer, 'node_modules/.bin', name);
      const rows = [1, 2, 3].map((row) => JSON.stringify({ id: `T-${row}`, text: `ticket ${row}` }));
      writeFileSync(join(cell.root, 'tickets.jsonl'), `${rows.join('\n')}\n`);
      const worker = startChild(bin('nightshift-worker'), [], { name: 'packed worker', env });
      try {
        await worker.waitForLine((line) => (line.includes('worker ready') ? line : undefined), 60_000);
        const ran = await said(process.execPath, [join(consumer, 'main.js')], { cwd: cell.root, env });
        expect(ran).toMatchObject({ code: 0, err: expect.stringContaining('complete') });
        expect(ran.out).toMatch(/^(T-\d (bug|feature|question)\n){3}$/);
        const told = await said(process.execPath, [join(consumer, 'events.js')], { cwd: cell.root, env });
        expect(told.out.trimEnd().split('\n')).toHaveLength(3);
        const again = await said(process.execPath, [join(consumer, 'events.js')], { cwd: cell.root, env });
        expect(again).toMatchObject({ code: 0, out: '' });
        const status = await said(bin('nightshift'), ['status', 'tickets'], { cwd: cell.root, env });
        expect(JSON.parse(status.out)).toMatchObject({ phase: 'done', items: { answered: 3 } });
        const missing = await said(bin('nightshift'), ['status', 'nobody'], { cwd: cell.root, env });
        expect(missing.err).toContain('`nightshift list --all`');
        const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
        expect((await said(bin('nightshift'), ['--version'], { cwd: cell.root, env })).out).toBe(`${version}\n`);
      } finally {
        await worker.stop();
      }
    });
  } finally {
    await connection.close();
    await server.stop();
  }
}, 180_000);
