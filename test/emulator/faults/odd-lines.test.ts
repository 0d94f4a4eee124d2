// Items that were answered and billed but whose line in the results is of no use, or is not there.
import { expect, test } from 'vitest';
import type { OptionsInput } from '../../../emulator/faults/options.ts';
import { allDoneMs, chatBody, chatLine, chatLines, contentText, request, setup, submit } from '../harness.ts';

async function run(options: OptionsInput, lines: object[] = chatLines(50)) {
  const rig = await setup(options);
  const { id } = await submit(rig, lines);
  await rig.pass(allDoneMs);
  const batch = await rig.openai.batches.retrieve(id);
  const content = batch.output_file_id === null ? '' : await contentText(rig.openai, batch.output_file_id);
  return { ...rig, batch, lines: content.trimEnd().split('\n') };
}

/** The results as sent: the vendor's SDK would stop at a line that is not JSON. */
async function rawResults(options: OptionsInput, requests: ReturnType<typeof request>[]) {
  const { anthropic, pass, control } = await setup(options);
  const { id } = await anthropic.messages.batches.create({ requests });
  await pass(allDoneMs);
  const reply = await anthropic.get(`/v1/messages/batches/${id}/results`).asResponse();
  const lines = (await reply.text()).split('\n').filter((line) => line !== '');
  return {
    lines,
    counts: (await anthropic.messages.batches.retrieve(id)).request_counts,
    ledger: await control.counts(),
  };
}

const isGarbled = (line: string): boolean => line.startsWith('<html>');
const idOf = (line: string): unknown => JSON.parse(line).custom_id;

test('items without an id have one line each, with an answer and no custom id', async () => {
  const { lines, batch, control } = await run({ itemErrors: { withoutId: 0.4 } });
  const nameless = lines.filter((line) => !('custom_id' in JSON.parse(line)));
  expect(lines).toHaveLength(50);
  expect(nameless.length).toBeGreaterThan(5);
  expect(nameless.length).toBeLessThan(45);
  for (const line of nameless) expect(JSON.parse(line).response.status_code).toBe(200);
  expect(batch.request_counts).toEqual({ total: 50, completed: 50, failed: 0 });
  expect(await control.counts()).toMatchObject({
    billed: 50,
    billedWithoutId: nameless.length,
    billedWithoutLine: 0,
  });
});

test('items with a garbled line have that one line, which is not JSON', async () => {
  const { lines, control } = await run({ itemErrors: { garbledLine: 0.4 } });
  const garbled = lines.filter(isGarbled);
  expect([lines.length, new Set(lines.filter((line) => !isGarbled(line)).map(idOf)).size]).toEqual([
    50,
    50 - garbled.length,
  ]);
  expect(garbled.length).toBeGreaterThan(5);
  expect(await control.counts()).toMatchObject({ billed: 50, billedWithoutId: garbled.length });
});

test('items that are dropped are counted and billed but have no line, and a second run is a double bill', async () => {
  const { openai, pass, lines, batch, control } = await run({ itemErrors: { dropped: 0.4 } });
  const kept = new Set(lines.map(idOf));
  const dropped = chatLines(50).filter(({ custom_id }) => !kept.has(custom_id));
  expect(dropped.length).toBeGreaterThan(5);
  expect(batch.request_counts).toEqual({ total: 50, completed: 50, failed: 0 });
  const first = await control.counts();
  expect(first).toMatchObject({ executed: 50, billed: 50, billedWithoutLine: dropped.length, billedWithoutId: 0 });
  expect(first.billedTwice.byCustomId).toEqual([]);
  const again = await submit({ openai }, dropped);
  await pass(allDoneMs);
  const second = await openai.batches.retrieve(again.id);
  expect((await contentText(openai, second.output_file_id)).trimEnd().split('\n').map(idOf)).toEqual(
    dropped.map(({ custom_id }) => custom_id),
  );
  const { billedTwice, billedWithoutLine } = await control.counts();
  expect(billedTwice.byCustomId.map(({ customId }) => customId)).toEqual(dropped.map(({ custom_id }) => custom_id));
  expect(billedTwice.byCustomId.length).toBeLessThanOrEqual(billedWithoutLine);
});

test('items that are dropped leave no output file when nothing else has a line', async () => {
  const { batch, control } = await run({ itemErrors: { dropped: 1 } }, chatLines(3));
  expect(batch).toMatchObject({ status: 'completed', output_file_id: null, error_file_id: null });
  expect(await control.counts()).toMatchObject({ billed: 3, billedWithoutLine: 3 });
});

test('items sent alone are answered, and spoilt no less in the next batch', async () => {
  const { openai, control, pass } = await setup({ itemErrors: { dropped: 1 } });
  expect((await openai.chat.completions.create(chatBody('a'))).choices[0]?.message.content).toMatch(/^answer/);
  await submit({ openai }, [chatLine('a', 'a')]);
  await pass(allDoneMs);
  expect(await control.counts()).toMatchObject({ billed: 1, billedWithoutLine: 1, sync: { billed: 1 } });
});

test('items that are missing are still no part of the bill', async () => {
  const { control } = await run({ itemErrors: { missing: 1 } }, chatLines(3));
  expect(await control.counts()).toMatchObject({ executed: 0, billed: 0, billedWithoutLine: 0 });
});

const told = ['[[dropped]]', '[[without-id]]', '[[garbled]]', 'plain'];

test('items told so by their own text are spoilt in a batch of OpenAI, and answered when sent alone', async () => {
  const { openai, lines, control } = await run(
    {},
    told.map((text, at) => chatLine(`row-${at}`, text)),
  );
  expect(lines.map((line) => (isGarbled(line) ? 'garbled' : idOf(line)))).toEqual([undefined, 'garbled', 'row-3']);
  expect(await control.counts()).toMatchObject({ billed: 4, billedWithoutLine: 1, billedWithoutId: 2 });
  for (const text of told) {
    expect((await openai.chat.completions.create(chatBody(text))).choices[0]?.message.content).toMatch(/^answer/);
  }
  expect((await control.counts()).acrossLanes).toHaveLength(4);
});

test('items told so by their own text are spoilt in a batch of Anthropic', async () => {
  const { lines, counts, ledger } = await rawResults(
    {},
    told.map((text, at) => request(`row-${at}`, text)),
  );
  expect(lines.map((line) => (isGarbled(line) ? 'garbled' : idOf(line)))).toEqual([undefined, 'garbled', 'row-3']);
  expect(lines[0]).toMatch(/^\{"result":\{"type":"succeeded"/);
  expect(counts).toMatchObject({ succeeded: 4, errored: 0 });
  expect(ledger).toMatchObject({ billed: 4, billedWithoutLine: 1, billedWithoutId: 2 });
});

test('items spoilt by a rate are so at Anthropic too', async () => {
  const requests = Array.from({ length: 30 }, (_, at) => request(`row-${at}`));
  const { lines, counts, ledger } = await rawResults({ itemErrors: { dropped: 0.3, garbledLine: 0.3 } }, requests);
  expect(counts.succeeded).toBe(30);
  expect(ledger.billedWithoutLine).toBe(30 - lines.length);
  expect(ledger.billedWithoutId).toBe(lines.filter(isGarbled).length);
  expect(Math.min(ledger.billedWithoutLine, ledger.billedWithoutId)).toBeGreaterThan(0);
});
