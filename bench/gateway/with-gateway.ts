// The gateway of a measurement: a process of its own, next to the stack.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../scripts/tools/cache.ts';
import { type Child, startScript } from '../../scripts/tools/child.ts';
import type { Site } from '../with-stack.ts';

const startMs = 60_000;

export interface BenchGateway {
  readonly child: Child;
  readonly url: string;
}

export async function withGateway<T>(
  { stack, store, folder }: Site,
  use: (gateway: BenchGateway) => Promise<T>,
): Promise<T> {
  const config = join(folder, 'gateway.json');
  writeFileSync(config, JSON.stringify({ folder: `${store.root}gateway/`, limits: { requestsPerSecond: 100_000 } }));
  const child = startScript(join(projectRoot, 'client/cli/main.ts'), ['serve', '--port', '0'], {
    name: 'gateway',
    logFile: join(folder, 'gateway.log'),
    env: { ...stack.env, NIGHTSHIFT_GATEWAY: config, NIGHTSHIFT_DATA: folder },
  });
  try {
    const url = await child.waitForLine((line) => /(http:\/\/[\d.:]+)/.exec(line)?.[1], startMs);
    return await use({ child, url });
  } finally {
    await child.stop();
  }
}
