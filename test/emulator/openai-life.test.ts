// What an ordinary client of OpenAI sees: batches from create to results, files and synchronous calls.
import { expect, onTestFinished, test, vi } from 'vitest';
import {
  allDoneMs,
  answerOf,
  chatBody,
  chatLine,
  chatLines,
  contentText,
  createFrom,
  jsonl,
  results,
  setup,
  submit,
  upload,
} from './harness.ts';

test('a batch at OpenAI goes from validating to completed as the clock says', async () => {
  const { openai, pass, ...rest } = await setup();
  const created = await submit({ openai, ...rest }, chatLines(10), { run: 'r1' });
  expect(created).toMatchObject({
    status: 'validating',
    errors: null,
    output_file_id: null,
    metadata: { run: 'r1' },
  });
  expect(created.expires_at).toBe(created.created_at + 86_400);
  await pass(500 + 2000);
  const running = await openai.batches.retrieve(created.id);
  expect(running).toMatchObject({ status: 'in_progress', request_counts: { total: 10, completed: 5, failed: 0 } });
  await pass(2000);
  expect(await openai.batches.retrieve(created.id)).toMatchObject({ status: 'finalizing' });
  await pass(300);
  const done = await openai.batches.retrieve(created.id);
  expect(done).toMatchObject({ status: 'completed', error_file_id: null, request_counts: { completed: 10 } });
  const lines = await results(openai, done.output_file_id);
  expect(lines.map((line) => line.custom_id)).toEqual(chatLines(10).map((line) => line.custom_id));
  expect(done.usage?.total_tokens).toBeGreaterThan(0);
});

test('a batch at OpenAI is completed only where its output file has a name, however long a reply takes to be put together', async () => {
  const { openai } = await setup({ clock: 'real', validateMs: 0, runMs: 1000, finalizeMs: 0 });
  const file = await upload(openai, jsonl(chatLines(2)));
  let nowMs = Date.now();
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => (nowMs += 10));
  onTestFinished(() => clock.mockRestore());
  for (let made = 0; made < 20; made++) await createFrom(openai, file.id);
  for (let ended = 0; ended < 20; ) {
    const { data } = await openai.batches.list();
    const completed = data.filter(({ status }) => status === 'completed');
    ended = completed.length;
    expect(completed.filter((batch) => typeof batch.output_file_id !== 'string')).toEqual([]);
  }
});

test('a batch at OpenAI answers a line as it answers the same request sent alone', async () => {
  const { openai, pass } = await setup();
  const batch = await submit({ openai }, [chatLine('a', 'one and the same')]);
  await pass(allDoneMs);
  const { output_file_id } = await openai.batches.retrieve(batch.id);
  const alone = await openai.chat.completions.create(chatBody('one and the same'));
  expect(answerOf((await results(openai, output_file_id))[0])).toBe(alone.choices[0]?.message.content);
});

test('a batch at OpenAI can be made twice from one file', async () => {
  const { openai, pass } = await setup();
  const file = await upload(openai, jsonl(chatLines(3)));
  const ids = [(await createFrom(openai, file.id)).id, (await createFrom(openai, file.id)).id];
  await pass(allDoneMs);
  const states = await Promise.all(ids.map(async (id) => (await openai.batches.retrieve(id)).status));
  expect(states).toEqual(['completed', 'completed']);
});

test('a batch at OpenAI keeps partial output when it is cancelled and explains the lines that never ran', async () => {
  const { openai, pass } = await setup();
  const batch = await submit({ openai }, chatLines(10));
  await pass(500 + 1200);
  expect(await openai.batches.cancel(batch.id)).toMatchObject({ status: 'cancelling' });
  await pass(500);
  const ended = await openai.batches.retrieve(batch.id);
  expect(ended).toMatchObject({ status: 'cancelled', request_counts: { total: 10, completed: 3 } });
  expect(await results(openai, ended.output_file_id)).toHaveLength(3);
  const unrun = await results(openai, ended.error_file_id);
  expect(unrun.map(({ response, error }) => [response, error?.code])).toEqual(Array(7).fill([null, 'batch_cancelled']));
  await expect(openai.batches.cancel(batch.id)).rejects.toMatchObject({ status: 409 });
});

test('a batch at OpenAI continues when its input file is deleted', async () => {
  const { openai, pass } = await setup({ answer: { mode: 'echo' } });
  const file = await upload(openai, jsonl([chatLine('a', 'still here')]));
  const batch = await createFrom(openai, file.id);
  expect(await openai.files.delete(file.id)).toEqual({ id: file.id, object: 'file', deleted: true });
  await expect(openai.files.retrieve(file.id)).rejects.toMatchObject({ status: 404 });
  await pass(allDoneMs);
  const { output_file_id } = await openai.batches.retrieve(batch.id);
  expect(answerOf((await results(openai, output_file_id))[0])).toBe('echo: still here');
});

test('a batch at OpenAI needs the parameters the vendor needs', async () => {
  const { openai } = await setup();
  const { id } = await upload(openai, jsonl(chatLines(1)));
  const base = { input_file_id: id, endpoint: '/v1/chat/completions', completion_window: '24h' } as const;
  const missing = openai.post('/batches', { body: { endpoint: base.endpoint, completion_window: '24h' } });
  await expect(missing).rejects.toMatchObject({
    status: 400,
    code: 'missing_required_parameter',
    param: 'input_file_id',
  });
  const metadata = Object.fromEntries(Array.from({ length: 17 }, (_, at) => [`k${at}`, 'v']));
  await expect(openai.batches.create({ ...base, metadata })).rejects.toMatchObject({ param: 'metadata' });
  await expect(openai.batches.create({ ...base, input_file_id: 'file-none' })).rejects.toThrow(
    /Cannot find file file-none/,
  );
  await expect(openai.batches.retrieve('batch_none')).rejects.toMatchObject({ status: 404 });
});

test('files at OpenAI are stored as sent, listed, and expire when asked to', async () => {
  const { openai, pass } = await setup();
  const content = jsonl(chatLines(3));
  const expires_after = { anchor: 'created_at', seconds: 3600 } as const;
  const file = await openai.files.create({ file: new File([content], 'a.jsonl'), purpose: 'batch', expires_after });
  expect(file).toMatchObject({ bytes: content.length, filename: 'a.jsonl', purpose: 'batch', status: 'processed' });
  expect(file.expires_at).toBe(file.created_at + 3600);
  expect(await contentText(openai, file.id)).toBe(content);
  expect((await openai.files.list({ purpose: 'batch' })).data.map(({ id }) => id)).toEqual([file.id]);
  await pass(3_600_000);
  await expect(openai.files.content(file.id)).rejects.toMatchObject({ status: 404 });
});

test('files at OpenAI must be named .jsonl when they are for a batch', async () => {
  const { openai } = await setup();
  await expect(upload(openai, '{}', 'a.txt')).rejects.toThrow(/Must be \.jsonl/);
});

test('files at OpenAI of results know their size, and results go after the retention time', async () => {
  const { openai, pass } = await setup({ retention: { resultsMs: 60_000 } });
  const batch = await submit({ openai }, chatLines(4));
  await pass(allDoneMs);
  const { output_file_id } = await openai.batches.retrieve(batch.id);
  const file = await openai.files.retrieve(output_file_id ?? '');
  expect(file).toMatchObject({ purpose: 'batch_output', bytes: (await contentText(openai, output_file_id)).length });
  await pass(60_000);
  await expect(openai.files.content(output_file_id ?? '')).rejects.toMatchObject({ status: 404 });
});

test('synchronous calls at OpenAI answer on every endpoint', async () => {
  const { openai } = await setup();
  const chat = await openai.chat.completions.create(chatBody('hi'));
  expect(chat.choices[0]?.message.content).toMatch(/^answer [0-9a-f]{8}$/);
  const response = await openai.responses.create({ model: 'gpt-4o-mini', input: 'hi' });
  expect(response.output_text).toMatch(/^answer/);
  const embedding = await openai.embeddings.create({
    model: 'text-embedding-3-small',
    input: ['a', 'b'],
    dimensions: 8,
  });
  expect(embedding.data.map((one) => one.embedding.length)).toEqual([8, 8]);
  const completion = await openai.completions.create({ model: 'gpt-3.5-turbo-instruct', prompt: 'hi' });
  expect(completion.choices[0]?.text).toMatch(/^answer/);
  expect((await openai.moderations.create({ input: ['x', 'y'] })).results).toHaveLength(2);
  const images = await openai.images.generate({ model: 'gpt-image-2', prompt: 'hi', n: 2 });
  expect(images.data?.map(({ b64_json }) => b64_json?.slice(0, 8))).toEqual(Array(2).fill('iVBORw0K'));
});

test('synchronous calls at OpenAI refuse unknown models and streams', async () => {
  const { openai } = await setup({ models: { openai: ['my-tune'] } });
  await expect(openai.models.retrieve('gpt-0')).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
  await expect(openai.chat.completions.create({ ...chatBody('x'), model: 'gpt-0' })).rejects.toMatchObject({
    status: 404,
  });
  await expect(openai.chat.completions.create({ ...chatBody('x'), stream: true })).rejects.toMatchObject({
    status: 400,
  });
  expect((await openai.models.retrieve('my-tune')).id).toBe('my-tune');
  expect((await openai.models.list()).data.length).toBeGreaterThan(10);
});

test('synchronous calls at OpenAI fit the schema they were given', async () => {
  const { openai } = await setup();
  const schema = {
    type: 'object',
    properties: { mood: { enum: ['good', 'bad'] }, score: { type: 'integer', minimum: 3 } },
    required: ['mood', 'score'],
  };
  const chat = await openai.chat.completions.create({
    ...chatBody('hi'),
    response_format: { type: 'json_schema', json_schema: { name: 's', schema } },
  });
  expect(JSON.parse(chat.choices[0]?.message.content ?? '')).toEqual({ mood: 'good', score: 3 });
  const format = { type: 'json_schema', name: 's', schema } as const;
  const response = await openai.responses.create({ model: 'gpt-4o-mini', input: 'hi', text: { format } });
  expect(JSON.parse(response.output_text)).toEqual({ mood: 'good', score: 3 });
});

test('synchronous calls at OpenAI can echo, answer at length or with a fixed value', async () => {
  const { openai, control } = await setup({ answer: { mode: 'echo' } });
  const ask = async () => (await openai.chat.completions.create(chatBody('hello'))).choices[0]?.message.content;
  expect(await ask()).toBe('echo: hello');
  await control.setOptions({ answer: { mode: 'json', value: { a: 1 } } });
  expect(await ask()).toBe('{"a":1}');
  await control.setOptions({ answer: { mode: 'hash', bytes: 5000 } });
  expect(await ask()).toHaveLength(5000);
});
