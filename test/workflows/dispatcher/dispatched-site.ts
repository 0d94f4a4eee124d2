// A site whose jobs ask the dispatcher, and a way to that dispatcher. It is one for the namespace.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { onTestFinished } from 'vitest';
import type { DispatchPage } from '../../../domain/dispatch/page/page.ts';
import { dispatcherId } from '../../../domain/ids.ts';
import type { JobReport } from '../../../domain/report/report.ts';
import type { OptionsInput } from '../../../emulator/faults/options.ts';
import type { devServer } from '../../support/temporal.ts';
import { Site } from '../site.ts';
import type { SiteOptions } from '../site-worker.ts';

type Server = ReturnType<typeof devServer>;
export type SiteChange = OptionsInput & SiteOptions;

/** The same for all tests: each dispatcher reads what the last one knew, on its queue. */
const queue = 'dispatched';

/** Whatever a test leaves open would take part in the next one. */
export const withDispatchedSite = (
  server: Server,
  options: SiteChange,
  use: (site: Site) => Promise<void>,
): Promise<void> =>
  Site.with(server.env, queue, options, async (site) => {
    try {
      await use(site);
    } finally {
      for await (const { workflowId } of site.client.workflow.list({ query: "ExecutionStatus = 'Running'" })) {
        await site.client.workflow
          .getHandle(workflowId)
          .terminate('the test is over')
          .catch(() => undefined);
      }
    }
  });

export const findDispatcher = (server: Server): WorkflowHandle => server.env.client.workflow.getHandle(dispatcherId);
export const readPage = (server: Server): Promise<DispatchPage> =>
  findDispatcher(server).query<DispatchPage, []>('holdings');

export function writeConfig(config: unknown): { readonly NIGHTSHIFT_CONFIG: string } {
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-config-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'config.json');
  writeFileSync(path, JSON.stringify(config));
  return { NIGHTSHIFT_CONFIG: path };
}

export const results = (handles: readonly WorkflowHandle[]): Promise<JobReport[]> =>
  Promise.all(handles.map((handle) => handle.result() as Promise<JobReport>));
