// What a crash may leave while a flush is sealed: every item is in one flush, once, wherever the attempts die.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listDeliveries } from '../../../activities/queue/list-deliveries.ts';
import { claimQueueFolder } from '../../../activities/queue/queue-file.ts';
import { type SealInput, sealFlush } from '../../../activities/queue/seal-flush.ts';
import type { FoundInStore } from '../../../domain/queue/changes.ts';
import { nameDelivery } from '../../../domain/queue/delivery.ts';
import { parseQueue } from '../../../input/queue/resolve.ts';
import { deliveryFile } from '../../../queue-folder/paths.ts';
import { writeText } from '../../../storage/lines/json-lines.ts';
import type { Store } from '../../../storage/store.ts';
import { died, dyingStore } from '../plan/dying-store.ts';
import { type Folder, folderWith, makeRows, quietEnvironment } from '../plan/planning.ts';
import { wholeDeps } from '../whole-job.ts';

const at = Date.UTC(2026, 0, 1);
const output = 'queues/tickets/';
const ref = { output, workflowId: 'queue/tickets' };

const idsOf = (folder: Folder, flush: number): string[] =>
  readFileSync(join(folder.root, output, `flushes/flush-00000${flush}.rows.jsonl`), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line): { id: string } => JSON.parse(line))
    .map(({ id }) => id);

async function deliver(folder: Folder, ids: readonly string[], mark: number): Promise<string> {
  const lines = ids.map((id) => `${JSON.stringify({ id, text: id })}\n`).join('');
  const facts = { at: at + mark, items: ids.length, bytes: lines.length, isUrgent: false };
  const name = nameDelivery(facts, String(mark).padStart(16, '0'));
  await writeText(folder.store, deliveryFile(output, name), lines);
  return name;
}

async function openQueue(): Promise<Folder> {
  const folder = await folderWith(makeRows(1));
  const parsed = parseQueue({ job: { provider: 'openai', model: 'm', request: {} } }, 'tickets');
  if (parsed.kind === 'problems') throw new Error('the queue is wrong');
  await claimQueueFolder(folder.store, ref.workflowId, parsed.spec);
  return folder;
}

const list = (folder: Folder): Promise<FoundInStore> =>
  quietEnvironment().run(() => listDeliveries(folder.store, output));

const seal = (folder: Folder, input: Partial<SealInput>, store: Store = folder.store) =>
  quietEnvironment().run(() =>
    sealFlush(
      { ...wholeDeps(folder), store },
      { ...ref, flush: 1, deliveries: [], removals: [], isUrgent: false, at, ...input },
    ),
  );

test('a flush, wherever its attempts die, has each item once, and its deliveries are gone only then', async () => {
  const folder = await openQueue();
  const deliveries = [await deliver(folder, ['a', 'b', 'c'], 1), await deliver(folder, ['c', 'd'], 2)];
  const removals = [{ id: 'b', deliveries }];
  let deaths = 0;
  for (let calls = 0; ; calls += 1) {
    const sealed = await seal(folder, { deliveries, removals }, dyingStore(folder.store, calls)).catch(
      (error: unknown) => {
        expect(error).toEqual(died());
        return null;
      },
    );
    const { waiting } = await list(folder);
    const isSealed = existsSync(join(folder.root, output, 'flushes/flush-000001.sealed.json'));
    expect(waiting.length === 2 || isSealed, `after ${calls} calls`).toBe(true);
    if (sealed === null) {
      deaths += 1;
      continue;
    }
    expect(sealed).toMatchObject({ items: 3, duplicates: 1, removed: 1 });
    break;
  }
  expect(deaths).toBeGreaterThan(8);
  expect(idsOf(folder, 1)).toEqual(['a', 'c', 'd']);
  expect((await list(folder)).waiting).toEqual([]);
});

test('an attempt that is asked for other deliveries seals those that the first one took', async () => {
  const folder = await openQueue();
  const first = await deliver(folder, ['a'], 1);
  const second = await deliver(folder, ['b'], 2);
  await expect(seal(folder, { deliveries: [first] }, dyingStore(folder.store, 4))).rejects.toEqual(died());
  expect(await seal(folder, { deliveries: [first, second] })).toMatchObject({ deliveries: [first], items: 1 });
  expect((await list(folder)).waiting.map(({ name }) => name)).toEqual([second]);
  // Also after the deliveries are gone.
  expect(await seal(folder, { deliveries: [second] })).toMatchObject({ deliveries: [first], items: 1 });
});

test('ids are remembered over flushes for a day, and 1 is not "1"', async () => {
  const folder = await openQueue();
  await seal(folder, { deliveries: [await deliver(folder, ['a', 'b'], 1)] });
  const next = { flush: 2, deliveries: [await deliver(folder, ['b', 'c'], 2)], at: at + 86_400_000 };
  expect(await seal(folder, next)).toMatchObject({ items: 1, duplicates: 1 });
  const later = { flush: 3, deliveries: [await deliver(folder, ['a', 'b'], 3)], at: at + 86_400_001 };
  expect(await seal(folder, later)).toMatchObject({ items: 2, duplicates: 0 });
  const number = nameDelivery({ at: at + 4, items: 2, bytes: 20, isUrgent: false }, '4'.repeat(16));
  await writeText(folder.store, deliveryFile(output, number), '{"id":1}\n{"id":"1"}\n');
  expect(await seal(folder, { flush: 4, deliveries: [number] })).toMatchObject({ items: 2 });
});

test('a delivery that is gone was flushed before, and its flush is empty', async () => {
  const folder = await openQueue();
  const gone = nameDelivery({ at, items: 2, bytes: 20, isUrgent: false }, '5'.repeat(16));
  expect(await seal(folder, { deliveries: [gone] })).toMatchObject({ items: 0, job: null });
});
