// The bundle of the workflows, built once for each state of their sources and kept in the machine's cache folder. The name of a kept bundle holds
// the digest of everything that it was built from, and the checksum of its own bytes.

import { createHash, randomUUID } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtBundle, writeWorkflowBundle } from './bundle.ts';
import type { WorkerConfig } from './config.ts';

const projectRoot = fileURLToPath(new URL('..', import.meta.url));
/** Workflow code may import these folders and the SDK, nothing else. */
const sourceFolders = ['workflows', 'domain'];
const otherSources = ['worker/bundle.ts', 'package-lock.json'];
const keptMax = 10;

export interface BundleOptions {
  /** The machine's cache folder. If it cannot be used, each start builds the bundle. */
  readonly cache: string;
  /** A folder of only this process. */
  readonly scratch: string;
  /** Defaults to this repository. */
  readonly root?: string;
  /** Writes a bundle to that path. Defaults to the real bundler. */
  readonly build?: (path: string) => Promise<unknown>;
}

/** The bundle of the configuration, else the one of an installed package, else one of the present sources. */
export async function findBundle(
  { bundlePath, cache }: Pick<WorkerConfig, 'bundlePath' | 'cache'>,
  scratch: string,
): Promise<{ codePath: string }> {
  if (bundlePath !== null) return { codePath: bundlePath };
  return builtBundle() ?? (await prepareBundle({ cache, scratch }));
}

/** Returns the kept bundle of the present sources, or builds it. */
export async function prepareBundle(options: BundleOptions): Promise<{ codePath: string }> {
  const { cache, scratch, root = projectRoot, build = writeWorkflowBundle } = options;
  const folder = join(cache, 'workflow-bundles');
  const digest = digestSources(root);
  const kept = findKept(folder, digest);
  if (kept !== null) return { codePath: kept };
  const codePath = join(scratch, 'workflow-bundle.js');
  await build(codePath);
  // A source that was changed during the build may be in the bundle or not.
  if (digestSources(root) === digest) keep(codePath, folder, digest);
  return { codePath };
}

/** The files of this repository that the bundle is built from, by their paths in it. */
export function listSources(root: string): string[] {
  const inFolders = sourceFolders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(root, join(entry.parentPath, entry.name))),
  );
  return [...inFolders, ...otherSources].sort();
}

/** The root is part of the digest, because the bundle names files by their full paths. */
function digestSources(root: string): string {
  const hash = createHash('sha256').update(JSON.stringify([root, process.version, readSdkVersion(root)]));
  for (const path of listSources(root)) {
    const bytes = readFileSync(join(root, path));
    hash.update(`\n${JSON.stringify([path, bytes.length])}\n`).update(bytes);
  }
  return hash.digest('hex').slice(0, 32);
}

/** What is installed may differ from what `package-lock.json` names. */
function readSdkVersion(root: string): string {
  const path = createRequire(join(root, 'package.json')).resolve('@temporalio/worker/package.json');
  const { version }: { readonly version: string } = JSON.parse(readFileSync(path, 'utf8'));
  return version;
}

const nameBundle = (digest: string, bytes: Buffer): string =>
  `${digest}-${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}.js`;

/** Deletes what a crash or a full disk left of a bundle. A cache that cannot be read or written holds nothing. */
function findKept(folder: string, digest: string): string | null {
  try {
    for (const name of readdirSync(folder).filter((each) => each.startsWith(digest))) {
      const path = join(folder, name);
      if (name === nameBundle(digest, readFileSync(path))) {
        markUsed(path);
        return path;
      }
      rmSync(path, { force: true });
    }
  } catch {
    // The bundle is built instead.
  }
  return null;
}

/** The bundles that were used last are kept. */
function markUsed(path: string): void {
  try {
    const now = new Date();
    utimesSync(path, now, now);
  } catch {
    // In a cache that is read-only, nothing is removed either.
  }
}

/** Keeps the bundle for the next start. A failure costs that start some seconds. */
function keep(codePath: string, folder: string, digest: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    const unfinished = join(folder, `${randomUUID()}.new`);
    copyFileSync(codePath, unfinished);
    renameSync(unfinished, join(folder, nameBundle(digest, readFileSync(codePath))));
    removeOld(folder);
  } catch {
    // An unfinished file is removed with the old bundles.
  }
}

function removeOld(folder: string): void {
  const files = readdirSync(folder).map((name) => join(folder, name));
  const age = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const byUse = files.map((path) => ({ path, used: age(path) })).sort((a, b) => b.used - a.used);
  for (const { path } of byUse.slice(keptMax)) rmSync(path, { force: true });
}
