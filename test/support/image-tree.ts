// What the Dockerfile would put into its images, made without a container engine: the same files, the same commands.

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../scripts/tools/cache.ts';
import { runCommand } from '../../scripts/tools/command.ts';
import { readStages } from './container-files.ts';

const commandTimeoutMs = 5 * 60_000;

export interface ImageTree {
  /** /app in the image of the worker, and in that of the emulator. */
  readonly worker: string;
  readonly emulator: string;
  remove(): void;
}

/** With `install` every command of the Dockerfile runs; without it, packages are taken from this checkout. */
export async function makeImageTree({ install }: { install: boolean }): Promise<ImageTree> {
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-image-'));
  const worker = join(folder, 'worker');
  const emulator = join(folder, 'emulator');
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    copy(['package.json', 'package-lock.json', '.npmrc'], worker);
    copy(buildContext(), emulator);
    if (!install) {
      link(productionPackages(), worker);
      symlinkSync(join(projectRoot, 'node_modules'), join(emulator, 'node_modules'));
    }
    await runStage('production', worker, install);
    await runStage('build', emulator, install);
    cpSync(join(emulator, 'dist'), join(worker, 'dist'), { recursive: true });
    return { worker, emulator, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

async function runStage(name: string, folder: string, install: boolean): Promise<void> {
  for (const command of readStages()[name]?.runs ?? []) {
    if (!install && command.startsWith('npm install')) continue;
    const done = await runCommand('sh', ['-c', command], { cwd: folder, timeoutMs: commandTimeoutMs });
    if (!done.ok) throw new Error(`${command} failed: ${done.why}`);
  }
}

/** What .dockerignore lets through. */
function buildContext(): string[] {
  const lines = readFileSync(join(projectRoot, '.dockerignore'), 'utf8').split('\n');
  return lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
}

/** Of optional packages those that this platform has. */
function productionPackages(): string[] {
  const { packages }: { packages: Record<string, { dev?: boolean }> } = JSON.parse(
    readFileSync(join(projectRoot, 'package-lock.json'), 'utf8'),
  );
  const top = /^node_modules\/(@[^/]+\/)?[^/]+$/;
  return Object.keys(packages).filter(
    (path) => top.test(path) && !packages[path]?.dev && existsSync(join(projectRoot, path)),
  );
}

function copy(paths: readonly string[], to: string): void {
  for (const path of paths) cpSync(join(projectRoot, path), join(to, path), { recursive: true });
}

/** As `copy`, with hard links where the file system allows it: the packages are some 300 MB. */
function link(paths: readonly string[], to: string): void {
  try {
    execFileSync('cp', ['-al', '--parents', ...paths, to], { cwd: projectRoot, stdio: 'ignore' });
  } catch {
    copy(paths, to);
  }
}
