// Bundles the workflows into the script that workers run in their sandbox. Run as a program, it writes the script to a file.

import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bundleWorkflowCode } from '@temporalio/worker';

const quiet = { log() {}, trace() {}, debug() {}, info() {}, warn: console.warn, error: console.error };
const self = fileURLToPath(import.meta.url);

export function buildWorkflowBundle(): Promise<{ code: string }> {
  const locate = (name: string): string =>
    fileURLToPath(new URL(`../workflows/${name}${self.slice(-3)}`, import.meta.url));
  const workflowInterceptorModules = ['failure-log', 'priority'].map((name) => locate(`interceptors/${name}`));
  return bundleWorkflowCode({ workflowsPath: locate('index'), workflowInterceptorModules, logger: quiet });
}

/** The bundle of an installed package, which the build puts next to its code. Null in this repository. */
export function builtBundle(): { codePath: string } | null {
  const codePath = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));
  return existsSync(codePath) ? { codePath } : null;
}

/** Bundles in a separate process: the bundler leaves about 150 MB behind, which the worker would otherwise keep for its whole life. */
export async function writeWorkflowBundle(path: string): Promise<{ codePath: string }> {
  await promisify(execFile)(process.execPath, [...process.execArgv, self, path]);
  return { codePath: path };
}

if (process.argv[1] === self) {
  writeFileSync(process.argv[2] ?? 'workflow-bundle.js', (await buildWorkflowBundle()).code);
}
