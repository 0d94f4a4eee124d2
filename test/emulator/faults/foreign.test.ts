// What a list shows besides the own batches: those that other people start later, entries of an odd shape, and that
// a batch which the list shows late is known by its id all the while.
import { describe, expect, test } from 'vitest';
import { allDoneMs, anthropicResults, chatLines, request, results, setup, startMs, submit } from '../harness.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const requests = (count: number) => Array.from({ length: count }, (_, at) => request(`row-${at}`));

const later = { foreignLater: { count: 2, afterMs: 1000, runMs: hourMs } };

test('batches that other people start later look like the own one at Anthropic, run for long and then show other ids', async () => {
  const { anthropic, pass, control } = await setup({ list: later });
  const { id } = await anthropic.messages.batches.create({ requests: requests(7) });
  const listed = async () => (await anthropic.messages.batches.list()).data;
  expect((await listed()).map((one) => one.id)).toEqual([id]);
  await pass(1000);
  expect((await listed()).map((one) => one.id)).toEqual([expect.stringMatching(/^msgbatch_/), id]);
  await pass(allDoneMs);
  const [second, first, own] = await listed();
  expect([own?.id, own?.processing_status]).toEqual([id, 'ended']);
  expect(first).toMatchObject({
    processing_status: 'in_progress',
    created_at: new Date(startMs + 1000).toISOString(),
    request_counts: { processing: 7, succeeded: 0 },
    results_url: null,
  });
  expect(second?.created_at).toBe(new Date(startMs + 2000).toISOString());
  const foreignId = first?.id ?? '';
  await expect(anthropic.get(`/v1/messages/batches/${foreignId}/results`)).rejects.toMatchObject({ status: 404 });
  await pass(hourMs);
  expect(await anthropic.messages.batches.retrieve(foreignId)).toMatchObject({
    processing_status: 'ended',
    request_counts: { processing: 0, succeeded: 7 },
  });
  const lines = await anthropicResults(anthropic, foreignId);
  expect(new Set(lines.map((line) => line.custom_id)).size).toBe(7);
  for (const line of lines) {
    expect(line).toMatchObject({ custom_id: expect.stringMatching(/^other-/), result: { type: 'succeeded' } });
  }
  expect((await control.counts()).billed).toBe(7);
});

test('batches that other people start later look like the own one at OpenAI, but for the metadata', async () => {
  const { openai, pass, control } = await setup({ list: later });
  await submit({ openai }, chatLines(4), { run: 'mine' });
  await pass(allDoneMs);
  const listed = (await openai.batches.list()).data;
  expect(listed.map(({ metadata }) => metadata?.run)).toEqual([undefined, undefined, 'mine']);
  const { id, request_counts } = listed[0] ?? {};
  expect(request_counts).toEqual({ total: 4, completed: 0, failed: 0 });
  await pass(hourMs);
  const ended = await openai.batches.retrieve(id ?? '');
  expect(ended).toMatchObject({ status: 'completed', request_counts: { completed: 4 } });
  const lines = await results(openai, ended.output_file_id);
  expect(lines.map((line) => [line.custom_id.slice(0, 6), line.response?.status_code])).toEqual(
    Array(4).fill(['other-', 200]),
  );
  const file = await openai.files.retrieve(ended.output_file_id ?? '');
  expect(file.bytes).toBeGreaterThan(100);
  expect((await control.counts()).billed).toBe(4);
});

test('batches that other people start later have the number of items they are given, as those before have', async () => {
  const { anthropic, pass } = await setup({ list: { foreign: 2, foreignItems: 7, foreignLater: { items: 9 } } });
  await anthropic.messages.batches.create({ requests: requests(7) });
  await pass(1000);
  const counts = (await anthropic.messages.batches.list()).data.map((one) => one.request_counts.processing);
  expect(counts.toSorted()).toEqual([7, 7, 7, 9]);
});

test('batches that other people start later can be cancelled, and the counts tell whose were', async () => {
  const { openai, anthropic, pass, control } = await setup({ list: later });
  await submit({ openai }, chatLines(1));
  await anthropic.messages.batches.create({ requests: requests(3) });
  await pass(1000);
  const [other] = (await openai.batches.list()).data;
  const [otherMessages] = (await anthropic.messages.batches.list()).data;
  expect((await control.counts()).foreignCancelled).toEqual([]);
  expect((await openai.batches.cancel(other?.id ?? '')).status).toBe('cancelled');
  const cancelled = await anthropic.messages.batches.cancel(otherMessages?.id ?? '');
  expect(cancelled).toMatchObject({ processing_status: 'ended', request_counts: { processing: 0, canceled: 3 } });
  expect((await control.counts()).foreignCancelled).toEqual([other?.id, otherMessages?.id]);
});

describe('a list that lags by minutes', () => {
  test('misses a batch that is known by its id, and pages over the others without a gap or a repeat', async () => {
    const { openai, anthropic, pass } = await setup({ list: { visibleAfterMs: 5 * minuteMs }, runMs: hourMs });
    const made: string[] = [];
    for (let at = 0; at < 5; at++) {
      made.unshift((await submit({ openai }, chatLines(1))).id);
      await pass(minuteMs);
    }
    const messages = await anthropic.messages.batches.create({ requests: requests(1) });
    for (const id of made) expect((await openai.batches.retrieve(id)).id).toBe(id);
    expect((await anthropic.messages.batches.retrieve(messages.id)).processing_status).toBe('in_progress');
    expect((await anthropic.messages.batches.list()).data).toEqual([]);
    expect((await openai.batches.list()).data.map(({ id }) => id)).toEqual(made.slice(4));
    await pass(3 * minuteMs);
    const first = await openai.batches.list({ limit: 2 });
    expect([first.data.map(({ id }) => id), first.has_more]).toEqual([made.slice(1, 3), true]);
    // The newest becomes visible between two pages: it is above the cursor, so the next page does not shift.
    await pass(minuteMs);
    const second = await openai.batches.list({ limit: 2, after: first.data[1]?.id ?? '' });
    expect([second.data.map(({ id }) => id), second.has_more]).toEqual([made.slice(3), false]);
    const all: string[] = [];
    for await (const { id } of openai.batches.list({ limit: 2 })) all.push(id);
    expect(all).toEqual(made);
    await pass(minuteMs);
    expect((await anthropic.messages.batches.list()).data.map(({ id }) => id)).toEqual([messages.id]);
  });

  test('misses a batch that can be cancelled by its id', async () => {
    const { openai, anthropic } = await setup({ list: { visibleAfterMs: 5 * minuteMs } });
    const { id } = await submit({ openai }, chatLines(1));
    const messages = await anthropic.messages.batches.create({ requests: requests(1) });
    expect((await openai.batches.cancel(id)).status).toBe('cancelling');
    expect((await anthropic.messages.batches.cancel(messages.id)).processing_status).toBe('canceling');
  });
});

describe('an odd entry of a list', () => {
  const yearS = 365 * 86_400;
  const nowS = startMs / 1000;

  test.for([
    ['noCreatedAt', { id: 'batch_odd', status: 'in_progress' }, undefined],
    ['farPast', { id: 'batch_odd' }, nowS - 10 * yearS],
    ['farFuture', { id: 'batch_odd' }, nowS + 10 * yearS],
    ['notObject', null, undefined],
  ] as const)('is %s, before the good ones or where it is put', async ([odd, shape, createdAtS]) => {
    const { openai, anthropic, control } = await setup({ list: { odd } });
    const own = await submit({ openai }, chatLines(1));
    const messages = await anthropic.messages.batches.create({ requests: requests(1) });
    const list = async (): Promise<unknown[]> => (await openai.batches.list()).data;
    const [first, second] = await list();
    if (shape === null) expect(first).toBeNull();
    else expect(first).toMatchObject(shape);
    expect(readField(first, 'created_at')).toBe(createdAtS);
    expect(readField(second, 'id')).toBe(own.id);
    const [firstMessages, secondMessages]: unknown[] = (await anthropic.messages.batches.list()).data;
    const createdAt = readField(firstMessages, 'created_at');
    expect(createdAt).toBe(createdAtS === undefined ? undefined : new Date(createdAtS * 1000).toISOString());
    expect([firstMessages === null, readField(secondMessages, 'id')]).toEqual([shape === null, messages.id]);
    await control.setOptions({ list: { oddAt: 1 } });
    expect(readField((await list())[0], 'id')).toBe(own.id);
    expect(await list()).toHaveLength(2);
  });

  test('does not stop the pages behind it', async () => {
    const { openai } = await setup({ list: { odd: 'noCreatedAt', oddAt: 1 } });
    const made = new Set<string>();
    for (let at = 0; at < 4; at++) made.add((await submit({ openai }, chatLines(1))).id);
    const ids: string[] = [];
    for await (const { id } of openai.batches.list({ limit: 2 })) ids.push(id);
    expect([ids.length, new Set(ids)]).toEqual([5, new Set([...made, 'batch_odd'])]);
  });
});

function readField(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
