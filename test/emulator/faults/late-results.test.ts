// Results that are named late, are short at first or do not say how large they are, and output of a failed batch.
import { describe, expect, test } from 'vitest';
import type { OptionsInput } from '../../../emulator/faults/options.ts';
import { anthropicResults, chatLine, chatLines, contentText, request, results, setup, submit } from '../harness.ts';

const minuteMs = 60_000;
const requests = (count: number) => Array.from({ length: count }, (_, at) => request(`row-${at}`));

/** One batch of ten at each vendor, ended a moment ago; the first line fails. */
async function ended(batch: OptionsInput['batch'], more: OptionsInput = {}) {
  const rig = await setup({ batch, validateMs: 0, runMs: 1000, finalizeMs: 0, ...more });
  const lines = chatLines(10).with(0, chatLine('row-0', '[[fail:400]]'));
  const { id } = await submit(rig, lines);
  const messages = await rig.anthropic.messages.batches.create({ requests: requests(10) });
  await rig.pass(1000);
  const poll = () => rig.openai.batches.retrieve(id);
  const pollMessages = () => rig.anthropic.messages.batches.retrieve(messages.id);
  return { ...rig, id, messagesId: messages.id, poll, pollMessages };
}

test.for([
  ['completed', 10],
  ['expired', 5],
  ['cancelled', 5],
] as const)(
  'the results of a batch that has ended as %s can have no name for a while, and then exist',
  async ([endAs, ran]) => {
    const { openai, pass, poll } = await ended({
      endAs,
      outputShownAfterMs: 5 * minuteMs,
      errorsShownAfterMs: 5 * minuteMs,
    });
    await pass(500);
    const counts = { total: 10, completed: ran - 1, failed: 1 };
    const nameless = { status: endAs, output_file_id: null, error_file_id: null, request_counts: counts };
    expect(await poll()).toMatchObject(nameless);
    expect((await openai.files.list({ purpose: 'batch_output' })).data).toEqual([]);
    await pass(5 * minuteMs - 501);
    expect(await poll()).toMatchObject(nameless);
    await pass(501);
    const named = await poll();
    expect(await results(openai, named.output_file_id)).toHaveLength(ran - 1);
    expect(await results(openai, named.error_file_id)).toHaveLength(1 + 10 - ran);
  },
);

test('the results of a batch that has ended can be named one after the other, in either order', async () => {
  const { openai, pass, poll } = await ended([
    { outputShownAfterMs: minuteMs, applyTo: { batches: [1] } },
    { errorsShownAfterMs: minuteMs },
  ]);
  const first = await poll();
  expect([first.output_file_id, first.error_file_id]).toEqual([null, expect.stringMatching(/^file-/)]);
  expect(await results(openai, first.error_file_id)).toHaveLength(1);
  await pass(minuteMs);
  expect(await results(openai, (await poll()).output_file_id)).toHaveLength(9);

  const second = await submit({ openai }, [chatLine('a', '[[fail:400]]'), chatLine('b')]);
  await pass(1000);
  const early = await openai.batches.retrieve(second.id);
  expect([early.output_file_id, early.error_file_id]).toEqual([expect.stringMatching(/^file-/), null]);
  await pass(minuteMs);
  expect((await openai.batches.retrieve(second.id)).error_file_id).toMatch(/^file-/);
});

test('the results of a batch that has ended can have no URL at Anthropic for a while', async () => {
  const { anthropic, pass, messagesId, pollMessages } = await ended({ outputShownAfterMs: 5 * minuteMs });
  await pass(5 * minuteMs - 1);
  expect(await pollMessages()).toMatchObject({
    processing_status: 'ended',
    ended_at: expect.any(String),
    request_counts: { processing: 0, succeeded: 10 },
    results_url: null,
  });
  const direct = anthropic.get(`/v1/messages/batches/${messagesId}/results`);
  await expect(direct).rejects.toMatchObject({ status: 404 });
  await pass(1);
  expect((await pollMessages()).results_url).toContain(messagesId);
  expect(await anthropicResults(anthropic, messagesId)).toHaveLength(10);
});

test('the results of a batch that has ended can be short at first, with the size that fits, and grow later', async () => {
  const { openai, anthropic, pass, poll, messagesId } = await ended({
    outputShownAfterMs: minuteMs,
    outputGrowsForMs: minuteMs,
  });
  await pass(2 * minuteMs - 1);
  const { output_file_id, error_file_id } = await poll();
  const read = async () => {
    const text = await contentText(openai, output_file_id);
    return { text, bytes: (await openai.files.retrieve(output_file_id ?? '')).bytes };
  };
  const short = await read();
  expect(short.text.endsWith('}\n')).toBe(true);
  expect([short.text.split('\n').length - 1, short.bytes]).toEqual([4, short.text.length]);
  expect(await results(openai, error_file_id)).toHaveLength(1);
  expect(await anthropicResults(anthropic, messagesId)).toHaveLength(5);
  await pass(1);
  const whole = await read();
  expect(whole.text.startsWith(short.text)).toBe(true);
  expect([whole.text.split('\n').length - 1, whole.bytes]).toEqual([9, whole.text.length]);
  expect(await anthropicResults(anthropic, messagesId)).toHaveLength(10);
});

test('the results of a batch that has ended can be missing again for so many downloads after the batch was seen to be complete', async () => {
  const { openai, anthropic, poll, messagesId } = await ended({ outputNotFoundFor: 2 });
  const { status, output_file_id } = await poll();
  expect(status).toBe('completed');
  for (let download = 0; download < 2; download++) {
    await expect(contentText(openai, output_file_id)).rejects.toMatchObject({ status: 404 });
    await expect(anthropicResults(anthropic, messagesId)).rejects.toMatchObject({ status: 404 });
  }
  expect(await results(openai, output_file_id)).toHaveLength(9);
  expect(await anthropicResults(anthropic, messagesId)).toHaveLength(10);
});

describe('a failed batch', () => {
  test.for([
    [undefined, 'server_error'],
    [{ code: 'billing_hard_limit_reached', message: 'No more money.' }, 'billing_hard_limit_reached'],
  ] as const)('has run and billed a share, and names it (%j)', async ([failWith, code]) => {
    const { openai, control, poll } = await ended({
      endAs: 'failed',
      partial: 0.4,
      applyTo: { batches: [1] },
      ...(failWith === undefined ? {} : { failWith }),
    });
    const batch = await poll();
    expect(batch).toMatchObject({
      status: 'failed',
      errors: { data: [{ code }] },
      request_counts: { total: 10, completed: 3, failed: 1 },
      usage: { total_tokens: expect.any(Number) },
    });
    const answers = await results(openai, batch.output_file_id);
    expect(answers.map((line) => line.custom_id)).toEqual(['row-1', 'row-2', 'row-3']);
    expect((await results(openai, batch.error_file_id)).map((line) => line.custom_id)).toEqual(['row-0']);
    const { billed, billedTwice } = await control.counts();
    expect([billed, billedTwice.byCustomId]).toEqual([
      3 + 10,
      [1, 2, 3].map((at) => expect.objectContaining({ customId: `row-${at}` })),
    ]);
  });

  test('that failed at its validation has run nothing and names no file', async () => {
    const { control, poll } = await ended({
      failWith: { code: 'invalid_json_line', message: 'No.' },
      partial: 0.4,
      zeroByteErrorFile: true,
      applyTo: { batches: [1] },
    });
    expect(await poll()).toMatchObject({ status: 'failed', output_file_id: null, error_file_id: null, usage: null });
    expect((await control.counts()).billed).toBe(10);
  });

  test('can show its output later than its end', async () => {
    const { openai, pass, poll } = await ended({ endAs: 'failed', partial: 0.4, outputShownAfterMs: minuteMs });
    expect(await poll()).toMatchObject({ status: 'failed', output_file_id: null });
    await pass(minuteMs);
    expect(await results(openai, (await poll()).output_file_id)).toHaveLength(3);
  });
});

describe('sizes and counts', () => {
  test('of files can be left out', async () => {
    const { openai, poll } = await ended({}, { fileBytesNull: true });
    const { output_file_id } = await poll();
    expect((await openai.files.retrieve(output_file_id ?? '')).bytes).toBeNull();
    expect((await openai.files.list()).data.map(({ bytes }) => bytes)).toEqual([null, null, null]);
  });

  test.for([
    ['texts', [true, false, false]],
    ['all', [true, true, true]],
    ['none', [false, false, false]],
  ] as const)('of bodies are declared for %s', async ([contentLength, declared]) => {
    const { emulator, poll, id, messagesId } = await ended({}, { contentLength });
    const { output_file_id } = await poll();
    const openaiHeaders = { authorization: 'Bearer sk-test' };
    const replies = await Promise.all([
      fetch(`${emulator.openaiBaseUrl}/batches/${id}`, { headers: openaiHeaders }),
      fetch(`${emulator.openaiBaseUrl}/files/${output_file_id}/content`, { headers: openaiHeaders }),
      fetch(`${emulator.url}/v1/messages/batches/${messagesId}/results`, {
        headers: { 'x-api-key': 'sk-test', 'anthropic-version': '2023-06-01' },
      }),
    ]);
    const bodies = await Promise.all(replies.map((reply) => reply.text()));
    const lengths = replies.map((reply) => reply.headers.get('content-length'));
    expect(lengths).toEqual(declared.map((is, at) => (is ? String(Buffer.byteLength(bodies[at] ?? '')) : null)));
  });

  test('of items can be all zero although items ran; at Anthropic only until the end', async () => {
    const { anthropic, control, poll, pollMessages } = await ended({ countsZero: true });
    expect(await poll()).toMatchObject({
      status: 'completed',
      request_counts: { total: 0, completed: 0, failed: 0 },
    });
    const zero = { processing: 0, succeeded: 0, errored: 0, canceled: 0, expired: 0 };
    const created = await anthropic.messages.batches.create({ requests: [request('new')] });
    expect(created.request_counts).toEqual(zero);
    expect((await pollMessages()).request_counts).toEqual({ ...zero, succeeded: 10 });
    expect((await control.counts()).billed).toBe(19);
  });
});
