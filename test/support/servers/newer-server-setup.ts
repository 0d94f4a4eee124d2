// Runs once before the long tests that repeat on the newer server what others run on the dev server: it is built, if it was not before.

import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { ensureTemporalServer } from '../../../scripts/tools/go/temporal-server.ts';

export async function setup(project: TestProject): Promise<void> {
  const { bin } = await ensureTemporalServer();
  project.provide('newerServer', join(bin, 'temporal-server'));
}
