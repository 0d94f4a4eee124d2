// The folder of a job that an earlier version began is taken over, though that version wrote fewer settings and no evidence.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type RecoverResult, recover } from '../../../activities/submit/recover.ts';
import { openaiOffline, quietEnvironment } from '../plan/planning.ts';
import { job, world, written } from './world.ts';

test('a folder of an earlier version, without the settings that came later, is taken over with those of the worker', async () => {
  const at = await world();
  await at.open({ ...job, output: 'runs/tickets/' });
  const { proofs: _proofs, planNonce: _nonce, timing, ...old } = written(at) ?? fail();
  const { notShownMs: _1, readAgainMs: _2, notFoundMs: _3, openGraceMs: _4, ...oldTiming } = timing;
  writeFileSync(
    join(at.root, 'runs/tickets/job.json'),
    JSON.stringify({ ...old, timing: { ...oldTiming, settleMs: 7 } }),
  );
  // An earlier version did not name the twins of a batch, and wrote no evidence.
  mkdirSync(join(at.root, 'runs/tickets/plan/wave-1'), { recursive: true });
  const handle = { id: 'batch_1', createdAt: 5, fileId: 'file_1' };
  const record = { ordinal: 1, handle, twins: 0, earlier: [{ ...handle, id: 'batch_0' }] };
  writeFileSync(join(at.root, 'runs/tickets/plan/wave-1/batch-0001.handle.json'), JSON.stringify(record));

  const settings = await at.open({ resumeFrom: 'runs/tickets/' }, { workflowId: 'taker', firstRunId: 'run-2' });
  expect(settings.timing).toMatchObject({ settleMs: 7, notShownMs: 10_800_000, openGraceMs: 7_200_000 });
  expect(settings.proofs).toEqual(openaiOffline.proofs);
  // Batches that were sent keep their submissions and custom ids.
  expect(written(at)?.planNonce).toBe(old.claim.nonce);
  expect(settings.nonce).not.toBe(old.claim.nonce);
  const { nonce } = settings;
  const ref = { output: 'runs/tickets/', nonce, wave: 1, batch: 1 };
  let result: RecoverResult | null = null;
  await quietEnvironment().run(async () => {
    result = await recover(at.deps, { ...ref, isLate: false });
  });
  expect(result).toMatchObject({
    tally: null,
    recovered: { ordinal: 1, intent: null, settled: false, batches: [{ handle, role: 'own', ended: null }] },
  });
});

function fail(): never {
  throw new Error('the job wrote no job.json');
}
