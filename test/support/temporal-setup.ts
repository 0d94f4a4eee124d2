// Runs once before the test files that talk to Temporal: its servers are in place, and so is the bundle of the workflows. Test files read
// the paths with `inject`, through test/support/temporal.ts.
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { cacheDir } from '../../scripts/tools/cache.ts';
import { ensureTemporalCli } from '../../scripts/tools/temporal-cli.ts';
import { ensureTestServer } from '../../scripts/tools/test-server.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    readonly temporalCli: string;
    readonly testServer: string;
    readonly workflowBundlePath: string;
  }
}

export async function setup(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-workflows-'));
  project.provide('temporalCli', await ensureTemporalCli());
  project.provide('testServer', await ensureTestServer());
  project.provide('newerServer', null);
  project.provide('workflowBundlePath', await bundle(folder));
  return () => rmSync(folder, { recursive: true, force: true });
}

/** A copy: the cache may remove its own file before the last test has read it. */
async function bundle(folder: string): Promise<string> {
  const { prepareBundle } = await import('../../worker/bundle-cache.ts');
  const path = join(folder, 'tested-bundle.js');
  copyFileSync((await prepareBundle({ cache: cacheDir, scratch: folder })).codePath, path);
  return path;
}
