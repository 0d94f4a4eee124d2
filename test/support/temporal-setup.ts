// Runs once before all test files: Temporal's servers are in place, and the workflows are bundled a single time
// (2-3 seconds) instead of once in every file. Test files read the paths with `inject`, through test/support/temporal.ts.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TestProject } from 'vitest/node';
import { projectRoot } from '../../scripts/cache.ts';
import { ensureTemporalCli } from '../../scripts/temporal-cli.ts';
import { ensureTestServer } from '../../scripts/test-server.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    readonly temporalCli: string;
    readonly testServer: string;
    /** Empty while there is no worker/bundle.ts, or where no chosen test needs it. */
    readonly workflowBundlePath: string;
  }
}

export async function setup(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-workflows-'));
  const files = await chosenFiles(project);
  const temporal = files.some((file) => !PURE.test(file));
  project.provide('temporalCli', temporal ? await ensureTemporalCli() : '');
  project.provide('testServer', temporal ? await ensureTestServer() : '');
  project.provide('workflowBundlePath', files.some((file) => BUNDLED.test(file)) ? await bundle(folder) : '');
  return () => rmSync(folder, { recursive: true, force: true });
}

/** These folders never start Temporal: a run of only them starts at once. */
const PURE = /[\\/]test[\\/](domain|spec|storage|providers|emulator|activities)[\\/]|tidy\.test\.ts$/;
const BUNDLED = /[\\/]test[\\/](workflows|replay|end-to-end)[\\/]/;

async function chosenFiles(project: TestProject): Promise<string[]> {
  const specifications = await project.vitest.globTestSpecifications(project.vitest.filenamePattern);
  return specifications.map((specification) => specification.moduleId);
}

async function bundle(folder: string): Promise<string> {
  const source = join(projectRoot, 'worker', 'bundle.ts');
  if (!existsSync(source)) return '';
  const { buildWorkflowBundle } = await import(pathToFileURL(source).href);
  const { code } = await buildWorkflowBundle();
  const path = join(folder, 'workflow-bundle.js');
  writeFileSync(path, code);
  return path;
}
