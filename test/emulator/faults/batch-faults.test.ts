// Every way in which a whole batch can go wrong.
import { expect, test } from 'vitest';
import type { OptionsInput } from '../../../emulator/faults/options.ts';
import {
  allDoneMs,
  anthropicResults,
  chatLine,
  chatLines,
  contentText,
  createFrom,
  jsonl,
  request,
  results,
  setup,
  submit,
  upload,
} from '../harness.ts';

async function begin(options: OptionsInput, count = 10) {
  const rig = await setup(options);
  const { id } = await submit(rig, chatLines(count));
  const look = () => rig.openai.batches.retrieve(id);
  return { ...rig, id, look };
}

const dayMs = 86_400_000;

test('a batch can expire with the share it had finished', async () => {
  const { pass, look, openai, control } = await begin({ batch: { endAs: 'expired', partial: 0.4 } });
  await pass(allDoneMs);
  const batch = await look();
  expect(batch).toMatchObject({
    status: 'expired',
    expired_at: expect.any(Number),
    request_counts: { completed: 4 },
  });
  expect(await results(openai, batch.output_file_id)).toHaveLength(4);
  expect((await results(openai, batch.error_file_id)).map(({ error }) => error?.code)).toEqual(
    Array(6).fill('batch_expired'),
  );
  expect((await control.counts()).billed).toBe(4);
});

test('a batch can expire by itself when it runs longer than a day', async () => {
  const { pass, look } = await begin({ runMs: 2 * dayMs, validateMs: 0, finalizeMs: 0 });
  await pass(dayMs - 1);
  expect((await look()).status).toBe('in_progress');
  await pass(1);
  expect(await look()).toMatchObject({ status: 'expired', request_counts: { completed: 5 } });
});

test('a batch can be cancelled by somebody else', async () => {
  const { pass, look, openai } = await begin({ batch: { endAs: 'cancelled', partial: 0.5 } });
  await pass(allDoneMs);
  const batch = await look();
  expect(batch.status).toBe('cancelled');
  expect(await results(openai, batch.output_file_id)).toHaveLength(5);
});

test('a batch can fail after hours, or at validation, with the given words', async () => {
  const failWith = { code: 'billing_hard_limit_reached', message: 'No more money.' };
  const late = await begin({ runMs: 10 * 3_600_000, batch: { endAs: 'failed', failWith } });
  await late.pass(9 * 3_600_000);
  expect((await late.look()).status).toBe('in_progress');
  await late.pass(2 * 3_600_000);
  expect(await late.look()).toMatchObject({ status: 'failed', errors: { data: [{ ...failWith, line: null }] } });
  const early = await begin({ batch: { failWith: { ...failWith, line: 3 } } });
  await early.pass(500);
  expect(await early.look()).toMatchObject({ status: 'failed', errors: { data: [{ ...failWith, line: 3 }] } });
});

test('a batch can have all its lines fail', async () => {
  const { pass, look, control } = await begin({ batch: { allFailed: true } });
  await pass(allDoneMs);
  expect(await look()).toMatchObject({ status: 'completed', output_file_id: null, request_counts: { failed: 10 } });
  expect((await control.counts()).billed).toBe(0);
});

test.for(['validating', 'in_progress', 'finalizing'] as const)(
  'a batch can be stuck in %s until it is let go',
  async (stuckIn) => {
    const { pass, look, control } = await begin({ batch: { stuckIn } });
    await pass(2 * dayMs);
    expect((await look()).status).toBe(stuckIn);
    await control.setOptions({ batch: null });
    expect((await look()).status).toBe('completed');
  },
);

test('a batch can be stuck in cancelling', async () => {
  const { pass, look, control, openai, id } = await begin({ batch: { stuckIn: 'cancelling' } });
  await pass(1000);
  await openai.batches.cancel(id);
  await pass(dayMs);
  expect((await look()).status).toBe('cancelling');
  await control.setOptions({ batch: null });
  expect((await look()).status).toBe('cancelled');
});

test('a batch can run on without an end', async () => {
  const { pass, look } = await begin({ batch: { neverEnd: true } });
  await pass(30 * 3_600_000);
  expect((await look()).status).toBe('in_progress');
});

test('a batch can have no counts, and an error file of no bytes', async () => {
  const { pass, look, openai } = await begin({ batch: { requestCountsNull: true, zeroByteErrorFile: true } });
  await pass(allDoneMs);
  const batch = await look();
  expect(batch.request_counts).toBeNull();
  expect(await contentText(openai, batch.error_file_id)).toBe('');
});

test('a batch can miss its file at first, and later its output', async () => {
  const { openai, pass } = await setup({ batch: { fileNotFoundFor: 2, outputNotFoundFor: 1 } });
  const file = await upload(openai, jsonl(chatLines(1)));
  for (let attempt = 0; attempt < 2; attempt++) {
    await expect(createFrom(openai, file.id)).rejects.toThrow(/Cannot find file/);
  }
  const { id } = await createFrom(openai, file.id);
  await pass(allDoneMs);
  const { output_file_id } = await openai.batches.retrieve(id);
  await expect(contentText(openai, output_file_id)).rejects.toMatchObject({ status: 404 });
  expect(await results(openai, output_file_id)).toHaveLength(1);
});

test('a batch can be chosen by its number', async () => {
  const rig = await setup({
    batch: [
      { endAs: 'expired', applyTo: { batches: [2] } },
      { allFailed: true, first: 1 },
    ],
  });
  const made = [];
  for (let at = 0; at < 3; at++) made.push(await submit(rig, [chatLine(`a${at}`)]));
  await rig.pass(allDoneMs);
  const seen = await Promise.all(made.map(({ id }) => rig.openai.batches.retrieve(id)));
  expect(seen.map(({ status, request_counts }) => [status, request_counts?.failed])).toEqual([
    ['completed', 1],
    ['expired', 0],
    ['completed', 0],
  ]);
});

test('a batch can end at Anthropic as ended whatever became of it', async () => {
  const { anthropic, pass } = await setup({
    batch: [{ endAs: 'expired', partial: 0.5, first: 1 }, { endAs: 'failed' }],
  });
  const requests = ['a', 'b', 'c', 'd'].map((id) => request(id));
  const expired = await anthropic.messages.batches.create({ requests });
  const failed = await anthropic.messages.batches.create({ requests });
  await pass(allDoneMs);
  expect(await anthropic.messages.batches.retrieve(expired.id)).toMatchObject({
    processing_status: 'ended',
    request_counts: { succeeded: 2, expired: 2 },
  });
  expect((await anthropicResults(anthropic, failed.id)).map(({ result }) => result.type)).toContain('errored');
});
