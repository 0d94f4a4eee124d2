// Connects ports with their adapters: the only file that uses the registries of stores and vendors.

import { randomBytes } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ActivityDeps, Cluster, Limiter } from '../activities/deps.ts';
import type { DispatcherPort } from '../activities/dispatch/port.ts';
import { createProviders } from '../providers/registry.ts';
import { createStore } from '../storage/registry.ts';
import { createThreads } from '../threads/pool.ts';
import { createBucket } from './bucket.ts';
import type { WorkerConfig } from './config.ts';
import { version } from './version.ts';

export function createDependencies(
  config: WorkerConfig,
  cluster: Cluster,
  dispatcher: DispatcherPort | null,
): ActivityDeps {
  const scratch = scratchFolder();
  const store = createStore({ ...config, scratch });
  const { accounts, vendors } = config.providers;
  const providers = createProviders(accounts, vendors, (folder) => createBucket(store, folder));
  return {
    store,
    cluster,
    provider: (name, account, region) => providers.get(name, account, region),
    providerNames: providers.names,
    accounts: (name) => providers.accounts(name),
    credentials: (name, account) => providers.credentials(name, account),
    bucket: (name, account) => providers.bucket(name, account),
    markAccount: (name, account, salt) => providers.markAccount(name, account, salt),
    tenants: config.tenants,
    admission: config.limits === null || dispatcher === null ? null : { ...config.limits, dispatcher },
    prices: config.prices,
    webhooks: { ...config.webhooks, resolve: (host) => lookup(host, { all: true }) },
    timing: config.timing,
    scratch,
    threads: createThreads(config.threads),
    heavy: limiter(config.heavy),
    transfers: limiter(config.transfers),
    version,
    now: () => Date.now(),
    elapsed: () => performance.now(),
    wait,
    randomHex: (bytes) => randomBytes(bytes).toString('hex'),
  };
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** A folder named after this process's number. Deletes those of workers that were killed. */
function scratchFolder(): string {
  for (const name of readdirSync(tmpdir())) {
    const owner = /^nightshift-worker-(\d+)-/.exec(name)?.[1];
    if (owner !== undefined && !isRunning(Number(owner))) {
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
    }
  }
  return mkdtempSync(join(tmpdir(), `nightshift-worker-${process.pid}-`));
}

/** This process has no folder yet: one under its number comes from an earlier process. */
function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0) && pid !== process.pid;
  } catch (error) {
    // It runs, under another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Lets a bounded number run at the same time, in order of arrival. */
function limiter(places: number): Limiter {
  const waiting: (() => void)[] = [];
  let free = places;
  return async (work) => {
    if (free > 0) {
      free -= 1;
    } else {
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) {
        free += 1;
      } else {
        next();
      }
    }
  };
}
