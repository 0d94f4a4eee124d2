// What a crash may leave while a flush is sealed: every item is in one flush, once, wherever the attempts die.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findItem } from '../../../activities/queue/find-item.ts';
import { listDeliveries } from '../../../activities/queue/list-deliveries.ts';
import { claimQueueFolder } from '../../../activities/queue/queue-file.ts';
import { type SealedFlush, type SealInput, sealFlush } from '../../../activities/queue/seal-flush.ts';
import type { Json } from '../../../domain/outcome/outcome.ts';
import type { FoundInStore } from '../../../domain/queue/changes.ts';
import { nameDelivery } from '../../../domain/queue/delivery.ts';
import { parseQueue } from '../../../input/queue/resolve.ts';
import * as bedrock from '../../../providers/dialects/bedrock/requests.ts';
import * as gemini from '../../../providers/dialects/gemini/requests.ts';
import { deliveryFile } from '../../../queue-folder/paths.ts';
import { writeText } from '../../../storage/lines/json-lines.ts';
import type { Store } from '../../../storage/store.ts';
import { died, dyingStore } from '../plan/dying-store.ts';
import { type Folder, folderWith, makeRows, quietEnvironment } from '../plan/planning.ts';
import { provider, wholeDeps } from '../whole-job.ts';

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

async function openQueue(job: Record<string, unknown> = { request: {} }): Promise<Folder> {
  const folder = await folderWith(makeRows(1));
  const parsed = parseQueue({ job: { provider: 'openai', model: 'm', ...job } }, 'tickets');
  if (parsed.kind === 'problems') throw new Error('the queue is wrong');
  await claimQueueFolder(folder.store, ref.workflowId, parsed.spec);
  return folder;
}

const list = (folder: Folder): Promise<FoundInStore> =>
  quietEnvironment().run(() => listDeliveries(folder.store, output));

const seal = (folder: Folder, input: Partial<SealInput>, store: Store = folder.store): Promise<SealedFlush> =>
  quietEnvironment().run(() =>
    sealFlush(
      { ...wholeDeps(folder), store },
      { ...ref, flush: 1, deliveries: [], removals: [], isUrgent: false, at, ...input },
    ),
  );

const parsers = {
  gemini: gemini.parseRequestLine,
  bedrock: (record: Json, raw: Buffer) => bedrock.parseRequestLine(record, raw, { name: 'bedrock' }),
};

/** A store whose caller sleeps before that call, like a process that was stopped, until it is woken. */
function sleepingStore(store: Store, calls: number) {
  const [asleep, woken] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let left = calls;
  const pass = async (): Promise<void> => {
    left -= 1;
    if (left !== 0) return;
    asleep.resolve();
    await woken.promise;
  };
  const sleeping: Store = Object.assign(Object.create(store), {
    async *read(...given: Parameters<Store['read']>) {
      await pass();
      yield* store.read(...given);
    },
    async *list(...given: Parameters<Store['list']>) {
      await pass();
      yield* store.list(...given);
    },
    create: async (...given: Parameters<Store['create']>) => {
      await pass();
      const sink = await store.create(...given);
      return { ...sink, close: () => pass().then(() => sink.close()) };
    },
    remove: (...given: Parameters<Store['remove']>) => pass().then(() => store.remove(...given)),
  });
  return { store: sleeping, isAsleep: asleep.promise, wake: woken.resolve };
}

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
  const next = { flush: 2, deliveries: [await deliver(folder, ['b', 'c'], 86_400_000)], at: at + 86_400_000 };
  expect(await seal(folder, next)).toMatchObject({ items: 1, duplicates: 1 });
  const later = { flush: 3, deliveries: [await deliver(folder, ['a', 'b'], 86_400_001)], at: at + 86_400_001 };
  expect(await seal(folder, later)).toMatchObject({ items: 2, duplicates: 0 });
  const number = nameDelivery({ at: at + 4, items: 2, bytes: 20, isUrgent: false }, '4'.repeat(16));
  await writeText(folder.store, deliveryFile(output, number), '{"id":1}\n{"id":"1"}\n');
  expect(await seal(folder, { flush: 4, deliveries: [number] })).toMatchObject({ items: 2 });
});

test('an item that came within its time is dropped, however long it waited: in a pause, or after an urgent one', async () => {
  const folder = await openQueue();
  await seal(folder, { deliveries: [await deliver(folder, ['a', 'b'], 1)] });
  const waits = await deliver(folder, ['a', 'c'], 3_600_000);
  const [days, urgent] = [at + 10 * 86_400_000, await deliver(folder, ['b'], 10 * 86_400_000)];
  expect(await seal(folder, { flush: 2, deliveries: [urgent], at: days })).toMatchObject({ items: 1 });
  expect(await seal(folder, { flush: 3, deliveries: [waits], at: days })).toMatchObject({ items: 1, duplicates: 1 });
  // Then nobody can need the oldest ids any more.
  await seal(folder, { flush: 4, deliveries: [await deliver(folder, ['d'], 11 * 86_400_000)], at: days + 86_400_000 });
  expect(readdirSync(join(folder.root, output, 'ids'))).not.toContain(`000001-${at}-2.ids`);
});

test('an attempt that was given up, and continues when the flush is sealed, changes nothing of it', async () => {
  let deaths = 0;
  for (let calls = 1; ; calls += 1) {
    const folder = await openQueue();
    const deliveries = [await deliver(folder, ['a', 'b'], 1), await deliver(folder, ['c'], 2)];
    const late = sleepingStore(folder.store, calls);
    const givenUp = seal(folder, { deliveries }, late.store);
    if (await Promise.race([late.isAsleep.then(() => false), givenUp.then(() => true)])) break;
    const sealed = await seal(folder, { deliveries });
    late.wake();
    expect(await givenUp.catch(() => sealed), `from call ${calls}`).toEqual(sealed);
    expect([sealed.items, idsOf(folder, 1)], `from call ${calls}`).toEqual([3, ['a', 'b', 'c']]);
    expect(await seal(folder, { deliveries })).toEqual(sealed);
    deaths += 1;
  }
  expect(deaths).toBeGreaterThan(8);
});

test('a flush takes the oldest deliveries from the store if more wait than are known by name', async () => {
  const folder = await openQueue();
  const names: string[] = [];
  for (const id of ['a', 'b', 'c', 'd']) names.push(await deliver(folder, [id], names.length + 1));
  const most = { items: 3, bytes: 1000 };
  const sealed = await seal(folder, { deliveries: names.slice(0, 1), most });
  expect([sealed.deliveries, idsOf(folder, 1)]).toEqual([names.slice(0, 3), ['a', 'b', 'c']]);
  expect((await list(folder)).waiting.map(({ name }) => name)).toEqual(names.slice(3));
});

test.each([
  ['gemini', 'key', { request: { contents: [{ parts: [{ text: 'x' }] }] } }],
  ['bedrock', 'recordId', { modelInput: { messages: [{ role: 'user', content: [{ text: 'x' }] }] } }],
] as const)('request lines of %s are told apart by their %s', async (family, column, rest) => {
  const folder = await openQueue({});
  const deps = { ...wholeDeps(folder), provider: () => ({ ...provider, parseRequestLine: parsers[family] }) };
  const lines = ['a', 'b', 'a'].map((id) => `${JSON.stringify({ [column]: id, ...rest })}\n`).join('');
  const name = nameDelivery({ at, items: 3, bytes: lines.length, isUrgent: false }, '6'.repeat(16));
  await writeText(folder.store, deliveryFile(output, name), lines);
  const find = (id: string) => quietEnvironment().run(() => findItem(deps, { output, id }));
  expect([await find('b'), await find('c')]).toEqual([[name], []]);
  const input = { ...ref, flush: 1, deliveries: [name], removals: [], isUrgent: false, at };
  expect(await quietEnvironment().run(() => sealFlush(deps, input))).toMatchObject({ items: 2, duplicates: 1 });
});

test('a queue that was opened again with another job flushes what has no id for it', async () => {
  const folder = await openQueue({});
  const name = await deliver(folder, ['a', 'b', 'a'], 1);
  expect(await seal(folder, { deliveries: [name] })).toMatchObject({ items: 2, duplicates: 1 });
});

test('a delivery that is gone was flushed before, and its flush is empty', async () => {
  const folder = await openQueue();
  const gone = nameDelivery({ at, items: 2, bytes: 20, isUrgent: false }, '5'.repeat(16));
  expect(await seal(folder, { deliveries: [gone] })).toMatchObject({ items: 0, job: null });
});
