// The check before an upgrade: running jobs are replayed with the new version, and each job that would break is named.

import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { spawnGuarded } from '../../../scripts/tools/guard.ts';
import { workflowBundle } from '../../support/temporal.ts';
import { Cell, until } from '../crash/cell.ts';
import { realServer } from '../server.ts';

const server = realServer();

async function replay(env: Readonly<Record<string, string>>): Promise<{ code: number | null; out: string }> {
  const child = spawnGuarded(process.execPath, ['worker/replay.ts'], {
    env: { ...process.env, TEMPORAL_ADDRESS: server.address, ...env },
  });
  child.stderr.resume();
  const [out] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return { code: child.exitCode, out };
}

test(
  'running jobs replay against their own version; another version that would break them is reported',
  () =>
    Cell.with(server, 'upgraded', { emulator: { runMs: 120_000 } }, async (at) => {
      const handle = await at.start(at.openaiJob(100));
      await until('a batch is created', async () => (await at.control.counts()).batchesCreated === 1);
      const { codePath } = workflowBundle();
      const env = { NIGHTSHIFT_TASK_QUEUE: at.name };
      const same = await replay({ ...env, NIGHTSHIFT_BUNDLE: codePath });
      expect(same).toEqual({ code: 0, out: expect.stringContaining('2 running workflows on upgraded') });
      const changed = join(at.root, 'changed.js');
      // A version whose jobs begin with another activity.
      writeFileSync(
        changed,
        readFileSync(codePath, 'utf8').replaceAll('.open(describeRun(', '.openDifferently(describeRun('),
      );
      const other = await replay({ ...env, NIGHTSHIFT_BUNDLE: changed });
      expect(other.code).toBe(1);
      expect(other.out).toContain('upgraded: DeterminismViolationError');
      await handle.terminate('test');
    }),
  120_000,
);
