// That a test can stop the emulator at a chosen point of a chosen request, and let it go or kill the client there.
import { expect, test } from 'vitest';
import { allDoneMs, chatLines, contentText, createFrom, jsonl, request, setup, submit, upload } from './harness.ts';

test('a barrier before a create holds it unexecuted until it is released', async () => {
  const { openai, control } = await setup();
  const file = await upload(openai, jsonl(chatLines(1)));
  await control.barrier({ name: 'b', route: 'openai.batches.create', when: 'before' });
  expect(await control.barrierState('b')).toEqual({ hit: false, holding: false, released: false, clientGone: false });
  const creating = createFrom(openai, file.id);
  expect(await control.waitHit('b')).toMatchObject({ hit: true, holding: true });
  expect((await control.counts()).batchesCreated).toBe(0);
  await control.release('b');
  expect((await creating).status).toBe('validating');
  expect(await control.barrierState('b')).toEqual({ hit: true, holding: false, released: true, clientGone: false });
});

test('a client that dies before the create leaves nothing behind', async () => {
  const { openai, control } = await setup();
  const file = await upload(openai, jsonl(chatLines(1)));
  await control.barrier({ name: 'b', route: 'openai.batches.create', when: 'before' });
  await abandon(
    (signal) => openai.batches.create(spec(file.id), { signal }),
    () => control.waitHit('b'),
  );
  await untilGone(control);
  expect((await control.counts()).batchesCreated).toBe(0);
});

test('a client that dies after the create leaves a batch that it never learned of', async () => {
  const { openai, control } = await setup();
  const file = await upload(openai, jsonl(chatLines(1)));
  await control.barrier({ name: 'b', route: 'openai.batches.create', when: 'after' });
  await abandon(
    (signal) => openai.batches.create(spec(file.id), { signal }),
    () => control.waitHit('b'),
  );
  await untilGone(control);
  expect((await openai.batches.list()).data).toHaveLength(1);
});

test('a barrier in a download lets the first bytes through', async () => {
  const { openai, control, pass } = await setup();
  const { id } = await submit({ openai }, chatLines(1000));
  await pass(allDoneMs);
  const { output_file_id } = await openai.batches.retrieve(id);
  const whole = await contentText(openai, output_file_id);
  await control.barrier({ name: 'b', route: 'openai.files.content', when: 'body', afterBytes: 70_000 });
  const reading = contentText(openai, output_file_id);
  await control.waitHit('b');
  await control.release('b');
  expect(await reading).toBe(whole);
});

test('a barrier counts the requests it is meant for', async () => {
  const { openai, control } = await setup();
  const file = await upload(openai, jsonl(chatLines(1)));
  await control.barrier({ name: 'b', route: 'openai.batches.create', when: 'after', nth: 2, match: 'chunk-7' });
  await createFrom(openai, file.id, { chunk: 'chunk-7' });
  await createFrom(openai, file.id, { chunk: 'chunk-8' });
  expect((await control.barrierState('b')).hit).toBe(false);
  const held = createFrom(openai, file.id, { chunk: 'chunk-7' });
  await control.waitHit('b');
  await control.release('b');
  await held;
});

test('streamed creates and uploads are held once their body is in, found by a custom id or a file name', async () => {
  const { openai, anthropic, control } = await setup();
  await control.barrier({ name: 'a', route: 'anthropic.batches.create', when: 'before', match: 'row-9' });
  const creating = anthropic.messages.batches.create({ requests: [request('row-9')] });
  await control.waitHit('a');
  expect((await control.counts()).batchesCreated).toBe(0);
  await control.release('a');
  expect((await creating).request_counts.processing).toBe(1);
  await control.barrier({ name: 'f', route: 'openai.files.create', when: 'before', match: 'chunk-3' });
  const uploading = upload(openai, '{}', 'chunk-3.jsonl');
  await control.waitHit('f');
  expect((await openai.files.list()).data).toEqual([]);
  await control.release('f');
  expect((await uploading).filename).toBe('chunk-3.jsonl');
});

test('waiting for a barrier that nobody reaches ends in an error that says so', async () => {
  const { control } = await setup();
  await control.barrier({ name: 'b', route: 'openai.chat', when: 'before' });
  await expect(control.waitHit('b', 20)).rejects.toThrow(/no request reached barrier b/);
  await expect(control.barrierState('other')).rejects.toThrow(/404/);
});

test('the journal tells what was called and how it was answered', async () => {
  const { openai, control } = await setup();
  const { id, input_file_id } = await submit({ openai }, chatLines(2));
  await openai.batches.retrieve('batch_none').catch(() => {});
  const [create] = await control.requests('openai.batches.create');
  expect(create).toMatchObject({ route: 'openai.batches.create', status: 200, batch: id });
  expect(await control.requests('openai.files.create')).toMatchObject([
    { file: input_file_id, bytes: expect.any(Number) },
  ]);
  expect((await control.requests()).map(({ status }) => status)).toEqual([200, 200, 404]);
});

const spec = (id: string) =>
  ({ input_file_id: id, endpoint: '/v1/chat/completions', completion_window: '24h' }) as const;

async function abandon(
  send: (signal: AbortSignal) => PromiseLike<unknown>,
  held: () => Promise<unknown>,
): Promise<void> {
  const abort = new AbortController();
  const sent = Promise.resolve(send(abort.signal)).then(
    () => 'answered',
    () => 'aborted',
  );
  await held();
  abort.abort();
  expect(await sent).toBe('aborted');
}

async function untilGone(control: Awaited<ReturnType<typeof setup>>['control']): Promise<void> {
  await expect.poll(async () => (await control.barrierState('b')).clientGone, { interval: 5 }).toBe(true);
}
