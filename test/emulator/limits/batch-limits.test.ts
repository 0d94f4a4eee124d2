// How many batches and requests an account may have open at the same time, and how many batches it may create.
import { describe, expect, test } from 'vitest';
import {
  allDoneMs,
  anthropicClient,
  chatLines,
  createFrom,
  jsonl,
  request,
  setup,
  submit,
  upload,
} from '../harness.ts';

const hourMs = 3_600_000;
const validateMs = 500;
const held = { validateMs, runMs: hourMs };

describe('the limit on open batches', () => {
  test('refuses the create at OpenAI until another has ended', async () => {
    const rig = await setup({ ...held, limits: { batches: 2 } });
    const file = await upload(rig.openai, jsonl(chatLines(1)));
    const create = () => createFrom(rig.openai, file.id);
    const { id } = await create();
    await create();
    await expect(create()).rejects.toMatchObject({
      status: 429,
      code: 'rate_limit_exceeded',
      message: expect.stringMatching(/Too many concurrent batches in organization org-\S+\. Limit: 2 batches\./),
    });
    expect((await rig.control.counts()).batchesCreated).toBe(2);
    await rig.openai.batches.cancel(id);
    await expect(create()).rejects.toMatchObject({ status: 429 });
    await rig.pass(validateMs);
    expect((await create()).status).toBe('validating');
    await rig.control.setOptions({ limits: { batches: null } });
    expect((await create()).status).toBe('validating');
  });

  test('refuses the create at Anthropic until another has ended, and counts each account by itself', async () => {
    const rig = await setup({ runMs: hourMs, limits: { batches: 1 } });
    const create = (anthropic = rig.anthropic) => anthropic.messages.batches.create({ requests: [request('a')] });
    await create();
    await submit(rig, chatLines(1));
    await expect(create()).rejects.toMatchObject({
      status: 429,
      type: 'rate_limit_error',
      message: expect.stringContaining('exceed the limit of 1 concurrent message batches'),
    });
    await create(anthropicClient(rig.emulator.anthropicBaseUrl, 'sk-other'));
    await rig.pass(hourMs + allDoneMs);
    expect((await create()).processing_status).toBe('in_progress');
  });
});

test('the limit on waiting requests at Anthropic gives back what was processed, before the batch has ended', async () => {
  const { anthropic, pass } = await setup({ runMs: hourMs, limits: { requests: 4 } });
  const create = () => anthropic.messages.batches.create({ requests: ['a', 'b'].map((id) => request(id)) });
  await create();
  await create();
  await expect(create()).rejects.toMatchObject({
    status: 429,
    type: 'rate_limit_error',
    message: expect.stringContaining('exceed the limit of 4 batch requests waiting to be processed'),
  });
  await pass(hourMs / 2);
  expect((await create()).processing_status).toBe('in_progress');
});

test('the limit on creates in an hour answers 429, counts only what was created, and can be lifted', async () => {
  const rig = await setup({ limits: { createsPerHour: 2, batches: 1 } });
  const file = await upload(rig.openai, jsonl(chatLines(1)));
  const create = () => createFrom(rig.openai, file.id);
  await create();
  await expect(create()).rejects.toThrow(/concurrent/);
  await rig.pass(allDoneMs);
  await create();
  await rig.pass(allDoneMs);
  await expect(create()).rejects.toMatchObject({ status: 429, code: 'rate_limit_exceeded' });
  await rig.control.setOptions({ limits: { createsPerHour: 3 } });
  await create();
  await rig.pass(hourMs);
  expect((await create()).status).toBe('validating');
});

test('other people of the account can use batches and waiting requests', async () => {
  const rig = await setup({
    runMs: hourMs,
    limits: { batches: 2, requests: 3, others: { batches: 1, requests: 1 } },
  });
  const create = (count: number) =>
    rig.anthropic.messages.batches.create({
      requests: Array.from({ length: count }, (_, at) => request(`r-${at}`)),
    });
  await expect(create(3)).rejects.toThrow(/waiting to be processed/);
  await create(1);
  await expect(create(1)).rejects.toThrow(/concurrent/);
  await submit(rig, chatLines(1));
  await expect(submit(rig, chatLines(1))).rejects.toThrow(/concurrent/);
  await rig.control.setOptions({ limits: { others: { batches: 0 } } });
  expect((await create(1)).processing_status).toBe('in_progress');
  await expect(submit(rig, chatLines(1))).resolves.toMatchObject({ status: 'validating' });
});
