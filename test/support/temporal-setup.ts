// Runs once before the test files that talk to Temporal: its servers are in place, and the workflows are bundled a single time
// (2-3 seconds) instead of once in every file. Test files read the paths with `inject`, through test/support/temporal.ts.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TestProject } from 'vitest/node';
import { projectRoot } from '../../scripts/tools/cache.ts';
import { ensureTemporalCli } from '../../scripts/tools/temporal-cli.ts';
import { ensureTestServer } from '../../scripts/tools/test-server.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    readonly temporalCli: string;
    readonly testServer: string;
    /** Empty while there is no worker/bundle.ts. */
    readonly workflowBundlePath: string;
  }
}

export async function setup(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-workflows-'));
  project.provide('temporalCli', await ensureTemporalCli());
  project.provide('testServer', await ensureTestServer());
  project.provide('workflowBundlePath', await bundle(folder));
  return () => rmSync(folder, { recursive: true, force: true });
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
