// That the ledger is exact: what it reports as billed twice was, and everything else was not.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createHashSet } from '../../emulator/world/hash-set.ts';
import { createLedger } from '../../emulator/world/ledger.ts';
import {
  allDoneMs,
  chatBody,
  chatLine,
  chatLines,
  createFrom,
  jsonl,
  request,
  setup,
  submit,
  upload,
} from './harness.ts';

test('the ledger has nothing to report when every row was billed once', async () => {
  const rig = await setup();
  await submit(rig, chatLines(20));
  await rig.pass(allDoneMs);
  expect(await rig.control.counts()).toMatchObject({
    batchesCreated: 1,
    batchesByState: { completed: 1 },
    executed: 20,
    billed: 20,
    billedTwice: { byCustomId: [], byBody: [] },
    acrossLanes: [],
  });
});

test('the ledger names every row of a create that was made twice', async () => {
  const { openai, control, pass } = await setup();
  const file = await upload(openai, jsonl(chatLines(3)));
  await createFrom(openai, file.id);
  await createFrom(openai, file.id);
  await pass(allDoneMs);
  const { billed, billedTwice } = await control.counts();
  expect(billed).toBe(6);
  expect(billedTwice.byCustomId).toEqual(chatLines(3).map(({ custom_id }) => ({ customId: custom_id, times: 2 })));
  expect(billedTwice.byBody.map(({ customId, times }) => [customId, times])).toEqual(
    chatLines(3).map(({ custom_id }) => [custom_id, 2]),
  );
});

test('the ledger knows a row sent again under another id, with its keys in another order', async () => {
  const rig = await setup();
  await submit(rig, [chatLine('first', 'same words')]);
  const { model, messages } = chatBody('same words');
  await submit(rig, [chatLine('second', '', { body: { messages, model } })]);
  await rig.pass(allDoneMs);
  const { billedTwice } = await rig.control.counts();
  expect(billedTwice).toMatchObject({ byCustomId: [], byBody: [{ customId: 'second', times: 2 }] });
});

test('the ledger tells rows billed in both lanes from rows billed twice in one', async () => {
  const rig = await setup();
  await submit(rig, [chatLine('a', 'both')]);
  await rig.pass(allDoneMs);
  await rig.openai.chat.completions.create({ ...chatBody('both'), service_tier: 'flex' });
  await rig.openai.chat.completions.create(chatBody('twice'));
  await rig.openai.chat.completions.create(chatBody('twice'));
  const counts = await rig.control.counts();
  expect(counts.acrossLanes).toHaveLength(1);
  expect(counts.billedTwice.byBody).toEqual([]);
  expect(counts.sync).toMatchObject({ billed: 3, billedTwice: { byBody: [{ times: 2 }] } });
});

test('the ledger leaves out what failed and what never ran, so that trying again is not billed twice', async () => {
  const rig = await setup({ batch: { endAs: 'expired', partial: 0.5, first: 1 }, itemErrors: { rate500: 0.3 } });
  const rows = chatLines(40);
  const first = await submit(rig, rows);
  await rig.pass(allDoneMs);
  const { request_counts } = await rig.openai.batches.retrieve(first.id);
  const { billed } = await rig.control.counts();
  expect(billed).toBe(request_counts?.completed);
  await submit(rig, rows.slice(20));
  await rig.pass(allDoneMs);
  expect((await rig.control.counts()).billedTwice).toEqual({ byCustomId: [], byBody: [] });
});

test('the ledger counts both vendors and is empty after a reset', async () => {
  const { anthropic, control, pass, openai } = await setup({ runMs: 100 });
  await anthropic.messages.batches.create({ requests: [request('a'), request('b')] });
  await control.setOptions({ runMs: 1 });
  await pass(allDoneMs);
  expect(await control.counts()).toMatchObject({ billed: 2, batchesByState: { ended: 1 } });
  await control.reset();
  expect(await control.counts()).toMatchObject({ billed: 0, batchesCreated: 0, requests: {} });
  expect((await control.options()).runMs).toBe(100);
  await submit({ openai }, chatLines(1));
  await pass(allDoneMs);
  expect((await control.counts()).billed).toBe(1);
});

test('the fate of each item is listed by batch, and what was sent alone by body', async () => {
  const rig = await setup({ batch: { endAs: 'expired', partial: 0.5 } });
  const { id } = await submit(rig, [chatLine('a'), chatLine('b', '[[dropped]]'), chatLine('c'), chatLine('d')]);
  await rig.pass(allDoneMs);
  await rig.openai.chat.completions.create(chatBody('question c'));
  const { batches, sync } = await rig.control.items();
  expect(batches).toMatchObject([{ id, state: 'expired' }]);
  expect(batches[0]?.items.map(({ customId, outcome }) => [customId, outcome])).toEqual([
    ['a', 'answered'],
    ['b', 'dropped'],
    ['c', 'notRun'],
    ['d', 'notRun'],
  ]);
  expect(sync).toEqual([{ body: batches[0]?.items[2]?.body, times: 1, flawed: 0 }]);
  await rig.control.reset();
  await rig.openai.chat.completions.create(chatBody('[[truncate]]'));
  expect((await rig.control.items()).sync).toMatchObject([{ times: 1, flawed: 1 }]);
});

test('a hash set holds exactly what was added', () => {
  const half = fc.integer({ min: -2, max: 2 });
  const key = fc.record({ hi: half, lo: fc.oneof(half, fc.integer()) });
  fc.assert(
    fc.property(fc.array(key, { maxLength: 200 }), (keys) => {
      const set = createHashSet();
      const names = new Set<string>();
      for (const one of keys) {
        // The free-slot mark: zero is stored as one.
        const { hi, lo } = one.hi === 0 && one.lo === 0 ? { hi: 0, lo: 1 } : one;
        expect(set.add(one)).toBe(!names.has(`${hi}/${lo}`));
        names.add(`${hi}/${lo}`);
      }
      expect(new Set([...set.list()].map(({ hi, lo }) => `${hi}/${lo}`))).toEqual(names);
    }),
  );
});

test('the ledger is exact over many more rows than its first table holds', () => {
  const ledger = createLedger();
  const at = (n: number) => ({ hi: Math.imul(n, 0x9e3779b1), lo: n });
  for (let n = 0; n < 20_000; n++) ledger.billed('batch', at(n), at(n), () => `row-${n}`);
  for (const n of [5, 19_999]) ledger.billed('batch', at(n), at(n), () => `row-${n}`);
  const { billed, billedTwice } = ledger.counts('batch');
  expect([billed, billedTwice.byCustomId]).toEqual([
    20_002,
    [
      { customId: 'row-5', times: 2 },
      { customId: 'row-19999', times: 2 },
    ],
  ]);
});
