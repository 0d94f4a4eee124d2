// A stack of its own for one measurement, with a dataset in one of the stores. Everything is removed afterwards.

import { mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { OptionsInput } from '../emulator/faults/options.ts';
import { type Stack, startStack } from '../scripts/stack.ts';
import { projectRoot } from '../scripts/tools/cache.ts';
import { writeRows } from './rows.ts';
import { type BenchStore, copyIn, openBenchStore, type StoreName } from './stores.ts';

/** The disk holds dataset, requests, the provider's copy, its output, raw answers, answers and results at the same time. */
const copies = 9;

export interface Setting {
  readonly rows: number;
  readonly rowBytes: number;
  readonly store: StoreName;
  readonly emulator: OptionsInput;
  /** Further variables of the worker. */
  readonly workerEnv?: Readonly<Record<string, string>>;
  /** 'all', or a number of threads. */
  readonly threads: string;
  /** The folder for CPU profiles of the worker and its threads; null for none. */
  readonly profiles: string | null;
}

export interface Site {
  readonly stack: Stack;
  readonly store: BenchStore;
  readonly folder: string;
  /** How late the worker's main thread was. */
  readonly loopFile: string;
}

export const datasetName = 'rows.jsonl';

export async function withStack<T>(setting: Setting, use: (site: Site) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-bench-'));
  try {
    checkRoom(folder, setting);
    const store = await openBenchStore(setting.store, folder);
    try {
      const dataset = join(folder, datasetName);
      await writeRows(dataset, setting.rows, setting.rowBytes);
      if (store.root !== '') await copyIn(store.store, dataset, `${store.root}${datasetName}`);
      const loopFile = join(folder, 'loop-delay.txt');
      const stack = await start(setting, store, folder, loopFile);
      try {
        return await use({ stack, store, folder, loopFile });
      } finally {
        await stack.stop();
      }
    } finally {
      await store.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function start(
  { threads, profiles, emulator, workerEnv }: Setting,
  { variables }: BenchStore,
  folder: string,
  loopFile: string,
): Promise<Stack> {
  if (profiles !== null) mkdirSync(profiles, { recursive: true });
  const probe = `--import=${pathToFileURL(join(projectRoot, 'bench', 'loop-probe.ts'))}`;
  const profiling = profiles === null ? '' : ` --cpu-prof --cpu-prof-dir=${profiles}`;
  return startStack({
    folder: join(folder, 'state'),
    emulatorArguments: ['--options', JSON.stringify(emulator), '--data', folder],
    workerEnv: {
      ...variables,
      ...workerEnv,
      NIGHTSHIFT_DATA: folder,
      // An empty variable counts as not set.
      NIGHTSHIFT_THREADS: threads === 'all' ? '' : threads,
      NIGHTSHIFT_BENCH_LOOP: loopFile,
      NODE_OPTIONS: `${probe}${profiling}`,
    },
  });
}

function checkRoom(folder: string, { rows, rowBytes }: Setting): void {
  const { bavail, bsize } = statfsSync(folder);
  const needed = rows * rowBytes * copies;
  if (bavail * bsize >= needed) return;
  const gb = (bytes: number): string => (bytes / 1e9).toFixed(1);
  throw new Error(`${rows} rows need ${gb(needed)} GB below ${folder}, there are ${gb(bavail * bsize)}: use --rows`);
}
