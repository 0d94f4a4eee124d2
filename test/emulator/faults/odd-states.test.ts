// Batches that vanish and come back, and states that nobody knows.
import { describe, expect, test } from 'vitest';
import type { OptionsInput } from '../../../emulator/faults/options.ts';
import {
  allDoneMs,
  anthropicClient,
  anthropicResults,
  chatLines,
  contentText,
  openaiClient,
  request,
  results,
  setup,
  submit,
} from '../harness.ts';

/** A batch of two at each vendor: 1 at OpenAI, 2 at Anthropic. */
async function begin(options: OptionsInput = {}) {
  const rig = await setup(options);
  const { openai, anthropic } = rig;
  const batch = await submit(rig, chatLines(2));
  const messages = await anthropic.messages.batches.create({ requests: [request('a'), request('b')] });
  const list = async () => [
    (await openai.batches.list()).data.map(({ id }) => id),
    (await anthropic.messages.batches.list()).data.map(({ id }) => id),
  ];
  return { ...rig, id: batch.id, messagesId: messages.id, list };
}

const gone = { status: 404 };

describe('a batch can vanish', () => {
  test('from every call while it runs on and is billed, and come back', async () => {
    const { openai, anthropic, control, pass, id, messagesId, list } = await begin();
    await control.setOptions({ batch: { vanish: true } });
    await expect(openai.batches.retrieve(id)).rejects.toMatchObject(gone);
    await expect(openai.batches.cancel(id)).rejects.toMatchObject(gone);
    await expect(anthropic.messages.batches.retrieve(messagesId)).rejects.toMatchObject(gone);
    await expect(anthropic.messages.batches.cancel(messagesId)).rejects.toMatchObject(gone);
    await expect(anthropic.messages.batches.delete(messagesId)).rejects.toMatchObject(gone);
    expect(await list()).toEqual([[], []]);
    await pass(allDoneMs);
    await expect(anthropic.get(`/v1/messages/batches/${messagesId}/results`)).rejects.toMatchObject(gone);
    expect(await control.counts()).toMatchObject({ billed: 4, batchesByState: { completed: 1, ended: 1 } });

    await control.setOptions({ batch: null });
    expect(await list()).toEqual([[id], [messagesId]]);
    expect(await results(openai, (await openai.batches.retrieve(id)).output_file_id)).toHaveLength(2);
    expect(await anthropicResults(anthropic, messagesId)).toHaveLength(2);
  });

  test('with its result file, but not with its input', async () => {
    const { openai, control, pass, id } = await begin();
    await pass(allDoneMs);
    const { input_file_id, output_file_id } = await openai.batches.retrieve(id);
    await control.setOptions({ batch: { vanish: true } });
    await expect(contentText(openai, output_file_id)).rejects.toMatchObject(gone);
    await expect(openai.files.retrieve(output_file_id ?? '')).rejects.toMatchObject(gone);
    expect((await openai.files.list()).data.map((file) => file.id)).toEqual([input_file_id]);
  });

  test('alone among others', async () => {
    const { openai, anthropic, id, messagesId } = await begin({ batch: { vanish: true, applyTo: { batches: [1] } } });
    await expect(openai.batches.retrieve(id)).rejects.toMatchObject(gone);
    expect((await anthropic.messages.batches.retrieve(messagesId)).id).toBe(messagesId);
  });

  test('together with all others, or with all of one tenant', async () => {
    const { emulator, openai, anthropic, control, id, messagesId, list } = await begin({
      keys: { 'sk-test': 'ours', 'sk-b': 'theirs' },
    });
    const theirs = await submit({ openai: openaiClient(emulator.openaiBaseUrl, 'sk-b') }, chatLines(1));
    const retrieveTheirs = () => openaiClient(emulator.openaiBaseUrl, 'sk-b').batches.retrieve(theirs.id);
    await control.setOptions({ vanishAll: ['ours'] });
    await expect(openai.batches.retrieve(id)).rejects.toMatchObject(gone);
    await expect(anthropic.messages.batches.retrieve(messagesId)).rejects.toMatchObject(gone);
    expect(await list()).toEqual([[], []]);
    expect((await retrieveTheirs()).id).toBe(theirs.id);
    await control.setOptions({ vanishAll: true });
    await expect(retrieveTheirs()).rejects.toMatchObject(gone);
    await control.setOptions({ vanishAll: null });
    expect(await list()).toEqual([[id], [messagesId]]);
    expect((await anthropicClient(emulator.anthropicBaseUrl, 'sk-b').messages.batches.list()).data).toEqual([]);
  });
});

describe('a state that nobody knows', () => {
  const times = { validateMs: 500, runMs: 1000, finalizeMs: 0 };
  const batch = { unknownStatus: 'paused_by_vendor' };

  async function states(unknownStatusForMs?: number) {
    const fault = unknownStatusForMs === undefined ? batch : { ...batch, unknownStatusForMs };
    const rig = await begin({ ...times, batch: fault });
    const look = async () => [
      (await rig.openai.batches.retrieve(rig.id)).status,
      (await rig.anthropic.messages.batches.retrieve(rig.messagesId)).processing_status,
    ];
    return { ...rig, look };
  }

  test('is shown from the start of the run for a while, and the batch runs on', async () => {
    const { look, pass, control } = await states(600);
    expect(await look()).toEqual(['validating', 'paused_by_vendor']);
    await pass(599);
    expect(await look()).toEqual(['paused_by_vendor', 'paused_by_vendor']);
    await pass(1);
    expect(await look()).toEqual(['paused_by_vendor', 'in_progress']);
    await pass(500);
    expect(await look()).toEqual(['in_progress', 'ended']);
    await pass(allDoneMs);
    expect(await look()).toEqual(['completed', 'ended']);
    expect((await control.counts()).billed).toBe(4);
  });

  test('can last beyond the end of the batch, until it is taken back', async () => {
    const { look, pass, control, list } = await states();
    await pass(allDoneMs);
    expect(await look()).toEqual(['paused_by_vendor', 'paused_by_vendor']);
    expect((await list()).flat()).toHaveLength(2);
    await control.setOptions({ batch: null });
    expect(await look()).toEqual(['completed', 'ended']);
  });
});
