// What OpenAI's validator finds in an input file, after the create has succeeded.
import { expect, test } from 'vitest';
import { chatLine, chatLines, createFrom, jsonl, setup, upload } from './harness.ts';

const good = jsonl([chatLine('first')]);

test.for([
  ['a line that is not JSON', `${good}{"custom_id":\n`, 'invalid_json_line', 2],
  ['a repeated custom id', good + good, 'duplicate_custom_id', 2],
  ['a line without custom id', jsonl([chatLine('a', 'x', { custom_id: undefined })]), 'missing_required_parameter', 1],
  ['another url', good + jsonl([chatLine('b', 'x', { url: '/v1/embeddings' })]), 'url_mismatch', 2],
  [
    'a second model',
    good + jsonl([chatLine('b', 'x', { body: { model: 'gpt-4o', messages: [] } })]),
    'model_mismatch',
    2,
  ],
  ['an unknown model', jsonl([chatLine('b', 'x', { body: { model: 'gpt-0', messages: [] } })]), 'model_not_found', 1],
  ['another method', jsonl([chatLine('b', 'x', { method: 'GET' })]), 'invalid_method', 1],
  ['a line without body', jsonl([chatLine('b', 'x', { body: undefined })]), 'missing_required_parameter', 1],
  ['an empty file', '', 'empty_file', null],
  ['50,001 lines', jsonl(chatLines(50_001)), 'too_many_tasks', null],
] as const)('a file with %s fails its batch after the create', async ([, content, code, line]) => {
  const { openai, control, pass } = await setup();
  const file = await upload(openai, content);
  const created = await createFrom(openai, file.id);
  expect(created.status).toBe('validating');
  await pass(500);
  const failed = await openai.batches.retrieve(created.id);
  expect(failed).toMatchObject({ status: 'failed', output_file_id: null, error_file_id: null });
  expect(failed.errors?.data?.[0]).toMatchObject({ code, line });
  expect((await control.counts()).executed).toBe(0);
});

test('every bad line is reported, not only the first', async () => {
  const { openai, pass } = await setup();
  const created = await createFrom(openai, (await upload(openai, `x\n${good}y\n`)).id);
  await pass(500);
  const { errors } = await openai.batches.retrieve(created.id);
  expect(errors?.data?.map(({ line }) => line)).toEqual([1, 3]);
});

test('CRLF, blank lines and a missing last newline are not errors', async () => {
  const { openai, pass } = await setup();
  const lines = chatLines(3).map((line) => JSON.stringify(line));
  const created = await createFrom(openai, (await upload(openai, lines.join('\r\n\r\n'))).id);
  await pass(10_000);
  expect(await openai.batches.retrieve(created.id)).toMatchObject({
    status: 'completed',
    request_counts: { completed: 3 },
  });
});

test('a line longer than the read buffer is read whole', async () => {
  const { openai, pass } = await setup({ answer: { mode: 'echo' } });
  const text = 'long '.repeat(500_000);
  const created = await createFrom(
    openai,
    (await upload(openai, jsonl([chatLine('a'), chatLine('b', text), chatLine('c')]))).id,
  );
  await pass(10_000);
  const done = await openai.batches.retrieve(created.id);
  expect(done.request_counts?.completed).toBe(3);
});

test('a streaming line is refused as an item', async () => {
  const { openai, pass } = await setup();
  const line = chatLine('a');
  const created = await createFrom(
    openai,
    (await upload(openai, jsonl([{ ...line, body: { ...line.body, stream: true } }]))).id,
  );
  await pass(10_000);
  expect(await openai.batches.retrieve(created.id)).toMatchObject({
    status: 'completed',
    request_counts: { failed: 1 },
  });
});
