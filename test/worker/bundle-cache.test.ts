// The kept bundle of the workflows: used only while its sources and its own bytes are unchanged, and never needed for a start.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { projectRoot } from '../../scripts/tools/cache.ts';
import { buildWorkflowBundle } from '../../worker/bundle.ts';
import { findBundle, listSources, prepareBundle } from '../../worker/bundle-cache.ts';

const installedSdk = 'node_modules/@temporalio/worker/package.json';

function makeSources() {
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const root = join(folder, 'root');
  const cache = join(folder, 'cache');
  const write = (path: string, text: string): void => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  write('workflows/index.ts', 'workflow');
  write('domain/batch/state.ts', 'state');
  write('worker/bundle.ts', 'options');
  write('package-lock.json', '{}');
  write(installedSdk, '{"version":"1.0.0"}');
  let builds = 0;
  const scratches = Array.from({ length: 2 }, () => mkdtempSync(join(folder, 'scratch-')));
  const build = async (path: string): Promise<void> => {
    builds += 1;
    writeFileSync(path, `build ${builds}`);
  };
  const start = async (using: Partial<Parameters<typeof prepareBundle>[0]> = {}): Promise<string> => {
    const { codePath } = await prepareBundle({ cache, scratch: scratches[0] ?? '', root, build, ...using });
    return readFileSync(codePath, 'utf8');
  };
  const kept = join(cache, 'workflow-bundles');
  return { root, cache, kept, scratches, write, start, build, names: () => readdirSync(kept) };
}

test('the second start takes the bundle of the first', async () => {
  const { start, names } = makeSources();
  expect([await start(), await start(), await start()]).toEqual(['build 1', 'build 1', 'build 1']);
  expect(names()).toEqual([expect.stringMatching(/^[\da-f]{32}-[\da-f]{32}\.js$/)]);
});

test.each([
  ['a workflow', 'workflows/index.ts'],
  ['what a workflow imports', 'domain/batch/state.ts'],
  ['the options of the bundler', 'worker/bundle.ts'],
  ['the versions of packages', 'package-lock.json'],
  ['the installed SDK', installedSdk],
])('a change of %s is built', async (_, path) => {
  const { write, start, root } = makeSources();
  await start();
  const before = readFileSync(join(root, path), 'utf8');
  write(path, path === installedSdk ? '{"version":"1.0.1"}' : `${before} changed`);
  expect(await start()).toBe('build 2');
  write(path, before);
  expect(await start()).toBe('build 1');
});

test('a source that is new, renamed or gone is built, and so is the same source at another place', async () => {
  const { write, start, root } = makeSources();
  await start();
  write('workflows/job/run.ts', 'run');
  expect(await start()).toBe('build 2');
  rmSync(join(root, 'workflows/job/run.ts'));
  write('workflows/job/walk.ts', 'run');
  expect(await start()).toBe('build 3');
  rmSync(join(root, 'workflows/job/walk.ts'));
  expect(await start()).toBe('build 1');
  const other = makeSources();
  expect(await start({ root: other.root })).toBe('build 4');
});

test('a source that changes during the build is not kept', async () => {
  const { write, start, build, root } = makeSources();
  const source = 'workflows/index.ts';
  const before = readFileSync(join(root, source), 'utf8');
  const meanwhile = async (path: string): Promise<void> => {
    await build(path);
    write(source, 'changed');
  };
  expect(await start({ build: meanwhile })).toBe('build 1');
  expect(await start()).toBe('build 2');
  // The first bundle may hold either text, so it is not the bundle of the one before.
  write(source, before);
  expect(await start()).toBe('build 3');
});

test('a kept bundle that was garbled or cut is built again', async () => {
  const { start, names, kept } = makeSources();
  await start();
  const [name = ''] = names();
  writeFileSync(join(kept, name), 'garbled');
  expect(await start()).toBe('build 2');
  writeFileSync(join(kept, names()[0] ?? ''), '');
  expect(await start()).toBe('build 3');
  expect(names()).toHaveLength(1);
});

test('a cache that cannot be used costs only the build', async () => {
  const { start, cache } = makeSources();
  writeFileSync(cache, 'a file where the folder should be');
  expect([await start(), await start()]).toEqual(['build 1', 'build 2']);
});

test('two workers that start at the same time both start, and the next one takes what they kept', async () => {
  const { start, scratches, names } = makeSources();
  const both = await Promise.all(scratches.map((scratch) => start({ scratch })));
  expect(both.toSorted()).toEqual(['build 1', 'build 2']);
  expect(['build 1', 'build 2']).toContain(await start());
  expect(names().filter((name) => !name.endsWith('.js'))).toEqual([]);
});

test('the ten bundles that were used last are kept, and nothing else', async () => {
  const { start, write, names, kept } = makeSources();
  mkdirSync(kept, { recursive: true });
  writeFileSync(join(kept, 'left-by-a-crash.new'), 'half');
  utimesSync(join(kept, 'left-by-a-crash.new'), 0, 0);
  for (let version = 1; version <= 10; version += 1) {
    const before = names();
    write('workflows/index.ts', `version ${version}`);
    await start();
    const [added = ''] = names().filter((name) => !before.includes(name));
    utimesSync(join(kept, added), version, version);
  }
  expect(names().filter((name) => !name.endsWith('.js'))).toEqual([]);
  write('workflows/index.ts', 'version 1');
  expect(await start()).toBe('build 1');
  write('workflows/index.ts', 'version 11');
  expect(await start()).toBe('build 11');
  expect(names()).toHaveLength(10);
  write('workflows/index.ts', 'version 1');
  expect(await start()).toBe('build 1');
  write('workflows/index.ts', 'version 2');
  expect(await start()).toBe('build 12');
});

test('a bundle that the configuration names is taken as it is', async () => {
  expect(await findBundle({ bundlePath: 'given.js', cache: 'none' }, 'none')).toEqual({ codePath: 'given.js' });
});

test('every file of this repository that is in the bundle is a part of its digest', async () => {
  const { code } = await buildWorkflowBundle();
  const encoded = code.slice(code.lastIndexOf('base64,') + 'base64,'.length);
  const { sources }: { sources: string[] } = JSON.parse(Buffer.from(encoded, 'base64').toString());
  const own = sources
    .filter((source) => source.startsWith(`${projectRoot}/`) && !source.includes('/node_modules/'))
    .map((source) => relative(projectRoot, source))
    .filter((source) => !source.endsWith('-autogenerated-entrypoint.cjs'));
  expect(own).toContain('workflows/index.ts');
  const digested = listSources(projectRoot);
  expect(own.filter((source) => !digested.includes(source))).toEqual([]);
});
