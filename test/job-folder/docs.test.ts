// docs/job-folder.md against a folder that real activities wrote: every file and field is on the page, and every file of the page exists.

import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { download } from '../../activities/collect/download.ts';
import { ImageFiles } from '../../activities/collect/image-files.ts';
import { writeResultsTable } from '../../activities/finish/results-table.ts';
import { resumeJob } from '../../activities/open/resume.ts';
import { poll } from '../../activities/poll/poll.ts';
import { realtime } from '../../activities/realtime/realtime.ts';
import { create } from '../../activities/submit/create.ts';
import { find } from '../../activities/submit/find.ts';
import { readPart } from '../../activities/waves/read-part.ts';
import type { BatchHandle, BatchView } from '../../domain/batch/state.ts';
import type { BatchRef, JobRef } from '../../domain/ids.ts';
import { type PlannedBatch, planStart } from '../../domain/job.ts';
import { nameImage } from '../../domain/outcome/image-file.ts';
import { listOwnFiles } from '../../job-folder/own-files.ts';
import type { Store } from '../../storage/store.ts';
import { unreadableLine } from '../../threads/tasks/judge-lines.ts';
import { type Folder, folderWith, jobRef, output, quietEnvironment } from '../activities/plan/planning.ts';
import { fault, nothing } from '../activities/submit/submission-site.ts';
import { answerLine, errorLine, freshLane, provider, runWhole, wholeDeps } from '../activities/whole-job.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/job-folder.md'), 'utf8');

interface DescribedFile {
  readonly name: string;
  readonly pattern: RegExp;
  /** What the page says under "Contains". */
  readonly contains: string;
}

/** A heading of the second level names the folder, one of the third the file. */
const described: readonly DescribedFile[] = [...page.matchAll(/^## In (.*)\n([\s\S]*?)(?=^## |(?![\s\S]))/gm)].flatMap(
  ([, folder = '', section = '']) =>
    [...section.matchAll(/^### (.*)\n+- Contains: ([\s\S]*?)\n- Written: /gm)].map(([, file = '', contains = '']) => {
      const name = folder.endsWith('/') ? folder + file : file;
      const anywhere = folder.startsWith('any') ? '(?:.*/)?' : '';
      return { name, pattern: new RegExp(`^${anywhere}${toExpression(name)}$`), contains };
    }),
);

function toExpression(name: string): string {
  return name
    .replaceAll('.', '\\.')
    .replaceAll('NNNN', '\\d{4,}')
    .replace(/\bHEX\b/, '[0-9a-f]{24,32}')
    .replace(/-N\b/g, '-\\d+');
}

const describedAs = (path: string): DescribedFile[] => described.filter(({ pattern }) => pattern.test(path));

/** Notes each path that is written, those too that are removed later. */
function watch(store: Store, written: Set<string>): Store {
  const note = (uri: string): void => {
    if (uri.startsWith(output)) written.add(uri.slice(output.length));
  };
  return {
    ...store,
    create: (uri, options) => {
      note(uri);
      return store.create(uri, options);
    },
    journal: (uri) => {
      note(uri);
      return store.journal(uri);
    },
  };
}

const row = (id: number): { id: number; text: string } => ({ id, text: 'x' });

/** A finished job that has met everything: refused, shared and carried rows, a planner's parts, a takeover, a retry, a failed row. */
async function buildJobFolder(): Promise<{ folder: Folder; written: ReadonlySet<string> }> {
  const earlier = await folderWith([row(1)], { id: 'id' });
  await runWhole(earlier, (_, __, items) => items.map(({ customId }) => answerLine(customId, 'carried')));

  // Carried over, answered, answered, shares the third, refused (no text), failed. The page's commands look for row 3.
  const rows = [row(1), row(2), row(3), row(3), { id: 4 }, row(5)];
  const plain = await folderWith(rows, {
    id: 'id',
    reuse: 'earlier/results.jsonl',
    batch: { maxItems: 1, maxBytes: 1e8, concurrency: 1 },
    outputFormat: 'csv',
  });
  mkdirSync(join(plain.root, 'earlier'));
  copyFileSync(join(earlier.root, output, 'results.jsonl'), join(plain.root, 'earlier/results.jsonl'));

  const written = new Set<string>();
  const store = watch(plain.store, written);
  const folder: Folder = { ...plain, store, run: () => plain.run({ store, partRows: 1 }) };
  const deps = wholeDeps(folder);
  // The other activities of the test work under one nonce.
  const taker = { ...deps, randomHex: () => jobRef.nonce };
  await resumeJob(taker, { workflowId: 'second', firstRunId: 'run' }, output, (spec) => ({ kind: 'job', spec }));
  await folder.run();
  for (const planned of folder.lines<PlannedBatch>('plan/wave-1/manifest.jsonl')) {
    if (planned.batch !== undefined) await createBatch(folder, planned);
  }
  await runWhole(folder, (wave, _, items) =>
    items.map(({ customId, row: number }) =>
      number === 6 || wave === 1 ? errorLine(customId, number === 6 ? 400 : 500) : answerLine(customId, 'answered'),
    ),
  );
  await quietEnvironment().run(() => writeResultsTable(store, output, 'parquet'));
  await writeImage(store);
  await quietEnvironment().run(() => readPart(deps, { ...jobRef, wave: 1, at: planStart, count: 10 }));
  return { folder, written };
}

/** As for an answer of one image. */
async function writeImage(store: Store): Promise<void> {
  const name = nameImage('0'.repeat(32), 0, 'png');
  const images = new ImageFiles(store, output);
  images.keep({ ...unreadableLine(), images: [{ line: 0, name, bytes: new Uint8Array(1) }] }, 0);
  await images.write();
}

/**
 * Gives up a create whose reply was lost; then creates the batch, or finds it with a twin, and collects the twin. Asks for an item in realtime.
 */
async function createBatch(
  folder: Folder,
  { batch, items, bytes, requestsCrc32, model, endpoint }: PlannedBatch,
): Promise<void> {
  const made = { id: `batch-${batch}`, createdAt: 0, fileId: null };
  const twin = { ...made, id: `twin-${batch}` };
  const found = { confirmed: batch === 1 ? [made, twin] : [], possible: [] };
  const deps = {
    ...wholeDeps(folder),
    provider: () => ({
      ...provider,
      find: async () => found,
      create: async () => made,
      poll: async () => endedView,
      download: downloadNothing,
      call: async () => Buffer.from(answerLine('unknown', 'answer')),
    }),
  };
  const lost = {
    ...deps.provider(),
    find: async () => nothing,
    create: () => Promise.reject(fault('connection', true)),
  };
  const lossy = { ...deps, provider: () => lost };
  const ref = { ...jobRef, wave: 1, batch };
  const submission = { ...ref, ordinal: 0, items, bytes, crc32: requestsCrc32, model, endpoint };
  await quietEnvironment().run(() => create(lossy, { ...submission, staged: { fileId: 'file' } }));
  await quietEnvironment().run(() => find(lossy, { ...submission, last: true }));
  await quietEnvironment().run(() => create(deps, { ...submission, staged: { fileId: 'file' } }));
  if (batch !== 1) return;
  await collectTwin(deps, ref, twin);
  const input = { ...ref, ...freshLane, from: 0, count: 1, telling: { skipped: null } };
  await quietEnvironment().run(() => realtime(deps, input));
}

async function collectTwin(
  deps: Parameters<typeof poll>[0] & Parameters<typeof download>[0],
  ref: BatchRef & JobRef,
  handle: BatchHandle,
): Promise<void> {
  const told = { coordinator: null, toldTenths: -1, toldPhase: null, tellEvery: 1, mayBlameAccount: true };
  await quietEnvironment().run(() => poll(deps, { ...ref, ...told, handle }));
  await quietEnvironment().run(() => download(deps, { ...ref, handle, twin: 1 }));
}

const endedView: BatchView = {
  phase: 'ended',
  ending: 'cancelled',
  status: 'cancelled',
  counts: { total: 1, done: 0, failed: 0 },
  createdAt: 0,
  endedAt: 1,
  expiresAt: null,
  errors: [],
  files: [],
  outputs: ['output'],
};

async function* downloadNothing(): AsyncGenerator<Uint8Array, true> {
  yield Buffer.from('\n');
  return true;
}

/** Names of the fields of an object, and of those of its parts that the page describes field by field. */
function listFields(path: string, object: object): string[] {
  if (path.endsWith('.ended.json')) {
    return Object.values(object).flatMap((each) => [...Object.keys(each), ...listParts(each)]);
  }
  const parts = path === 'job.json' ? ['timing'] : path.endsWith('.tally.json') ? ['anomalies'] : [];
  return [...Object.keys(object), ...parts.flatMap((part) => Object.keys(Reflect.get(object, part)))];
}

const listParts = (object: object): string[] =>
  Object.values(object).flatMap((part) => (typeof part === 'object' && part !== null ? Object.keys(part) : []));

test('every file that a job writes is on the page once, and every file of the page is written by some job', async () => {
  const { folder, written } = await buildJobFolder();
  const left = await folder.store.create(`${output}answers/wave-1/left-behind`);
  const all = new Set([...written, 'job.json', ...Object.keys(folder.digests())]);
  await left.abort();
  all.delete('answers/wave-1/left-behind');
  const counted = [...all].map((path) => [path, describedAs(path).length]);
  expect(counted.filter(([, count]) => count !== 1)).toEqual([]);
  expect(
    described.filter(({ pattern }) => ![...all].some((path) => pattern.test(path))).map(({ name }) => name),
  ).toEqual([]);
});

test('a dataset is compared with every file of the page', () => {
  const own = listOwnFiles('');
  const missed = described.filter(
    ({ name, pattern }) => !(name === '.unfinished-HEX' || own.some((uri) => pattern.test(uri))),
  );
  expect(missed.map(({ name }) => name)).toEqual([]);
  expect(own.filter((uri) => describedAs(uri).length !== 1)).toEqual([]);
});

test('every field that a file has is on the page', async () => {
  const { folder } = await buildJobFolder();
  const paths = ['job.json', ...Object.keys(folder.digests())].filter((path) => /\.jsonl?$/.test(path));
  const unsaid = paths.flatMap((path) => {
    const [file] = describedAs(path);
    // The provider's format and the dataset's columns are not Nightshift's to list.
    if (file === undefined || /provider's own format/.test(file.contains)) return [];
    const columns = ['failures.jsonl', 'in-doubt.jsonl'].includes(path) ? ['id', 'text'] : [];
    const text = folder.text(path);
    const objects: object[] = path.endsWith('.json') ? [JSON.parse(text)] : folder.lines(path);
    const fields = new Set(objects.flatMap((each) => listFields(path, each)));
    return [...fields]
      .filter((field) => !columns.includes(field) && !file.contains.includes(`\`${field}\``))
      .map((field) => `${path}: ${field}`);
  });
  expect(unsaid).toEqual([]);
});

const hasJq = ['/usr/bin/jq', '/usr/local/bin/jq', '/opt/homebrew/bin/jq'].some(existsSync);

test.skipIf(!hasJq)('the commands of the page find what happened to a row', async () => {
  const { folder } = await buildJobFolder();
  const [, commands = ''] = /```sh\n([\s\S]*?)```/.exec(page) ?? [];
  const script = commands.replace('cd runs/tickets\n', 'set -eo pipefail\n');
  const said = execFileSync('bash', ['-c', script], { cwd: join(folder.root, output), encoding: 'utf8' });
  expect(said).toContain('"status":"answered"');
});
