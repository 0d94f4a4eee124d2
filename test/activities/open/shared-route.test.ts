// The route of a hybrid job knows the rate that the realtime lanes of all jobs share.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { plan } from '../../../activities/plan/plan.ts';
import { type ModelLimits, noLimits } from '../../../domain/dispatch/limits.ts';
import type { ManifestEntry } from '../../../job-folder/plan/manifest.ts';
import { createFileStore } from '../../../storage/local/store.ts';
import { quietEnvironment } from '../plan/planning.ts';
import { job, world, written } from './world.ts';

const rows = 200;

/** How many rows of a hybrid job are routed. */
async function countRouted(limits: ModelLimits | null, realtime: object): Promise<number> {
  const at = await world();
  const lines = Array.from({ length: rows }, (_, index) => JSON.stringify({ id: index + 1, text: 'x' }));
  writeFileSync(join(at.root, 'rows.jsonl'), `${lines.join('\n')}\n`);
  const refuse = (): never => {
    throw new Error('nobody asks the dispatcher');
  };
  const dispatcher = {
    declare: refuse,
    readRate: refuse,
    listEarlierRuns: refuse,
    readSnapshot: refuse,
    askAll: refuse,
  };
  const accounts = limits === null ? {} : { 'openai/default': { models: { m: limits } } };
  Object.assign(at.deps, { admission: { digest: '', limits: { ...noLimits, accounts }, dispatcher } });
  const { output, nonce } = await at.open({ ...job, mode: 'hybrid', route: { when: 'id > 0' }, realtime });
  await quietEnvironment().run(() => plan(at.deps, { output, nonce }));
  const file = createFileStore({ root: at.root }).read(`${output}plan/wave-1/manifest.jsonl`);
  let text = '';
  for await (const bytes of file) text += bytes.toString();
  const entries = text
    .trim()
    .split('\n')
    .map((line): ManifestEntry => JSON.parse(line));
  expect(written(at)?.sharedRate === undefined).toBe(limits === null);
  return entries.reduce((sum, { routed, items }) => sum + (routed === true ? items : 0), 0);
}

test('no more rows are routed than the shared limit without its interactive part allows in an hour', async () => {
  expect(await countRouted({ rpm: 4, interactive: 0.5 }, {})).toBe(120);
});

test('the lower of the own limit and the shared one decides', async () => {
  expect(await countRouted({ rpm: 4 }, { rpm: 1 })).toBe(60);
  expect(await countRouted({ rpm: 1 }, { rpm: 3 })).toBe(60);
});

test('without a shared limit, only the job limits its route', async () => {
  expect(await countRouted(null, { rpm: 3 })).toBe(180);
  expect(await countRouted(null, {})).toBe(rows);
});
