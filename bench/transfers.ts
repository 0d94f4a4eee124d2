// How fast one large batch goes to each provider and its answers come back, and how much memory the worker needs for it. Each is a whole job of
// one batch; all jobs of a store run in one worker.

import { Client, Connection } from '@temporalio/client';
import type { JobReport } from '../domain/report/report.ts';
import { rawFile } from '../job-folder/paths.ts';
import { readEntries } from '../job-folder/plan/manifest.ts';
import type { ProviderLimits } from '../providers/provider.ts';
import { createProviders, providerNames, readDefaultAccounts } from '../providers/registry.ts';
import { emulatedAccounts } from '../scripts/stack.ts';
import { requireEmulated } from '../test/providers/vendors/emulated/setups.ts';
import { joinSpans, readHistory, type Span, sumSeconds } from './history.ts';
import { watchMemory } from './samples.ts';
import type { StoreName } from './stores.ts';
import { datasetName, type Site, withStack } from './with-stack.ts';

const rowBytes = 4000;
/** A row and what every vendor's request line has around it, at most. */
const lineBytes = 4350;
const answerBytes = 3900;
const emulator = { validateMs: 0, runMs: 500, finalizeMs: 0, answer: { bytes: answerBytes } };

export interface Transfer {
  readonly provider: string;
  readonly store: StoreName;
  readonly up: Direction;
  /** Answers are classified as they come, so that is part of the time. */
  readonly down: Direction;
  /** The worker's memory while the batch went up and came down, and in the whole job. */
  readonly memoryMb: { readonly transfer: number; readonly job: number };
}

export interface Direction {
  readonly mb: number;
  readonly seconds: number;
}

const providers = createProviders(readDefaultAccounts((name) => emulatedAccounts('http://127.0.0.1:9')[name] ?? null));

/** Those that have batches. */
export const transferProviders = providerNames.filter((name) => providers.get(name)?.lanes.includes('batch'));

interface Plan {
  readonly store: StoreName;
  readonly names: readonly string[];
  readonly megabytes: number;
}

export function measureTransfers(
  { store, names, megabytes }: Plan,
  say: (transfer: Transfer) => void,
): Promise<Transfer[]> {
  const rows = Math.floor((megabytes * 1e6) / lineBytes);
  const setting = { rows, rowBytes, store, emulator, threads: 'all', profiles: null };
  return withStack(setting, async (site) => {
    const connection = await Connection.connect({ address: site.stack.server.address });
    try {
      const transfers = [];
      for (const name of names) {
        const transfer = await measureTransfer(site, new Client({ connection }), {
          store,
          provider: name,
          rowsMax: rows,
        });
        say(transfer);
        transfers.push(transfer);
      }
      return transfers;
    } finally {
      await connection.close();
    }
  });
}

async function measureTransfer(
  { stack, store }: Site,
  client: Client,
  { provider, store: name, rowsMax }: { provider: string; store: StoreName; rowsMax: number },
): Promise<Transfer> {
  const output = `${store.root}${provider}/`;
  const rows = countRows(rowsMax, providers.get(provider)?.limits);
  const memory = watchMemory(stack.workerPid);
  try {
    const args = [makeJob(provider, `${store.root}${datasetName}`, output, rows)];
    const started = await client.workflow.start('processDataset', {
      workflowId: provider,
      taskQueue: 'nightshift',
      args,
    });
    const report: JobReport = await started.result();
    if (report.rows.answered !== rows) throw new Error(`${provider}: ${rows} rows, ${report.rows.answered} answers`);
  } finally {
    memory.stop();
  }
  const { spans } = await readHistory(client, provider);
  const find = (...activities: string[]): Span[] => joinSpans(activities.flatMap((name) => spans.get(name) ?? []));
  // A create may carry the requests.
  const [up, down] = [find('stage', 'create'), find('download')];
  const bytes = { up: 0, down: 0 };
  for await (const { batch, bytes: sent } of readEntries(store.store, output, 1)) {
    bytes.up += sent;
    bytes.down += (await store.store.head(rawFile({ output, wave: 1, batch })))?.bytes ?? 0;
  }
  await store.store.clear(output);
  return {
    provider,
    store: name,
    up: { mb: bytes.up / 1e6, seconds: sumSeconds(up) },
    down: { mb: bytes.down / 1e6, seconds: sumSeconds(down) },
    memoryMb: { transfer: memory.peakMb([...up, ...down]), job: memory.peakMb() },
  };
}

const countRows = (rowsMax: number, limits: ProviderLimits | undefined): number =>
  Math.min(rowsMax, limits?.itemsMax ?? 0, Math.floor((limits?.bytesMax ?? 0) / lineBytes));

const makeJob = (provider: string, uri: string, output: string, rows: number) => ({
  dataset: { uri, limit: rows },
  output,
  provider,
  model: requireEmulated(provider).model,
  prompt: { user: '{{ text }}', maxTokens: 16 },
  batch: { maxItems: rows },
  poll: { initial: '1s', factor: 1, max: '1s' },
});
