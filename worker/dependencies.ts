// Where ports meet their adapters: the only file that names a concrete store or vendor registry.

import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ActivityDeps, Cluster } from '../activities/deps.ts';
import { createProviders } from '../providers/registry.ts';
import { createFileStore } from '../storage/file-store.ts';
import { keyVariables, type WorkerConfig } from './config.ts';

export function createDependencies(config: WorkerConfig, cluster: Cluster): ActivityDeps {
  const providers = createProviders(config.providers);
  return {
    store: createFileStore({ root: config.dataRoot }),
    cluster,
    provider: (name) => providers.get(name),
    providerNames: providers.names,
    credentials: (name) => ({ present: providers.hasKey(name), variable: keyVariables[name] ?? `the key of ${name}` }),
    prices: config.prices,
    timing: config.timing,
    scratch: mkdtempSync(join(tmpdir(), 'nightshift-')),
    heavy: turnstile(config.heavy),
    now: () => Date.now(),
    randomHex: (bytes) => randomBytes(bytes).toString('hex'),
  };
}

/** Lets a bounded number through at once, in order of arrival. */
function turnstile(places: number): ActivityDeps['heavy'] {
  const waiting: (() => void)[] = [];
  let free = places;
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
