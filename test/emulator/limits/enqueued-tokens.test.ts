// The limit on the tokens that an account may have enqueued at OpenAI: it is enforced, in the vendor's words, and tokens of ended batches, or
// given back by other people, are free immediately.
import { describe, expect, test } from 'vitest';
import type { OptionsInput } from '../../../emulator/faults/options.ts';
import {
  allDoneMs,
  chatBody,
  chatLine,
  chatLines,
  createFrom,
  jsonl,
  openaiClient,
  type Setup,
  setup,
  submit,
  upload,
} from '../harness.ts';

const hourMs = 3_600_000;
const validateMs = 500;
type Limits = NonNullable<OptionsInput['limits']>;

/** Enough tokens that two such batches do not fit below the limit, and one does. */
const lines = chatLines(15);
const roomForOne = 400;
const held = { validateMs, runMs: hourMs };

async function look({ openai }: Pick<Setup, 'openai'>, id: string) {
  const { status, errors } = await openai.batches.retrieve(id);
  return { status, code: errors?.data?.[0]?.code, message: errors?.data?.[0]?.message };
}

/** How far the batch comes: what its validation says. */
async function validated(rig: Setup, id: string) {
  await rig.pass(validateMs);
  return look(rig, id);
}

async function submitAndValidate(rig: Setup, given: object[] = lines) {
  return validated(rig, (await submit(rig, given)).id);
}

describe('the limit on enqueued tokens', () => {
  test('fails a batch after its create, in words that name the limit', async () => {
    const rig = await setup({ ...held, limits: { tokens: 1200 } });
    const created = await submit(rig, chatLines(100));
    expect(created.status).toBe('validating');
    expect(await validated(rig, created.id)).toEqual({
      status: 'failed',
      code: 'token_limit_exceeded',
      message: expect.stringMatching(
        /^Enqueued token limit reached for gpt-4o-mini in organization org-\S+\. Limit: 1,200 enqueued tokens\. Please try again once some in_progress batches have been completed\.$/,
      ),
    });
    expect((await rig.control.counts()).executed).toBe(0);
  });

  test('is one for all batches of an account, whichever of its keys makes them, and for each account', async () => {
    const keys = { 'sk-test': 'one', 'sk-second': 'one', 'sk-other': 'two' };
    const rig = await setup({ ...held, keys, limits: { tokens: roomForOne } });
    const withKey = (key: string) => ({ ...rig, openai: openaiClient(rig.emulator.openaiBaseUrl, key) });
    expect((await submitAndValidate(rig)).status).toBe('in_progress');
    expect((await submitAndValidate(withKey('sk-second'))).status).toBe('failed');
    expect((await submitAndValidate(withKey('sk-other'))).status).toBe('in_progress');
  });

  test('lets the first of two batches that are created together pass, and only it', async () => {
    const rig = await setup({ ...held, limits: { tokens: roomForOne } });
    const [first, second] = [await submit(rig, lines), await submit(rig, lines)];
    expect((await validated(rig, first.id)).status).toBe('in_progress');
    expect((await look(rig, second.id)).status).toBe('failed');
  });

  test('holds for each model, with its dated versions, and may differ by model', async () => {
    const rig = await setup({ ...held, limits: { tokens: { 'gpt-4o-mini': roomForOne, 'gpt-4o': 10 } } });
    const asked = (model: string) => lines.map((line) => ({ ...line, body: { ...line.body, model } }));
    const statuses = [];
    for (const model of ['gpt-4o-mini', 'gpt-4o-mini-2024-07-18', 'gpt-4o', 'gpt-4.1']) {
      statuses.push((await submitAndValidate(rig, asked(model))).status);
    }
    expect(statuses).toEqual(['in_progress', 'failed', 'failed', 'in_progress']);
  });

  test('always refuses a batch that is larger by itself', async () => {
    const rig = await setup({ ...held, limits: { tokens: roomForOne } });
    for (let time = 0; time < 3; time++) {
      expect(await submitAndValidate(rig, chatLines(30))).toMatchObject({ code: 'token_limit_exceeded' });
      await rig.pass(hourMs);
    }
    expect((await submitAndValidate(rig)).status).toBe('in_progress');
  });
});

describe('what is enqueued', () => {
  test('is a whole batch until its last state, and then nothing of it', async () => {
    const rig = await setup({ ...held, finalizeMs: 60_000, limits: { tokens: roomForOne } });
    const { id } = await submit(rig, lines);
    const refused = async () => (await submitAndValidate(rig)).status;
    await rig.pass(hourMs - 60_000);
    expect([(await look(rig, id)).status, await refused()]).toEqual(['in_progress', 'failed']);
    await rig.pass(60_000);
    expect([(await look(rig, id)).status, await refused()]).toEqual(['finalizing', 'failed']);
    await rig.pass(60_000);
    expect([(await look(rig, id)).status, await refused()]).toEqual(['completed', 'in_progress']);
  });

  test('is freed when a batch was cancelled, not when it is asked to be', async () => {
    const rig = await setup({ ...held, cancelMs: 60_000, limits: { tokens: roomForOne } });
    const { id } = await submit(rig, lines);
    await rig.pass(validateMs);
    await rig.openai.batches.cancel(id);
    expect((await submitAndValidate(rig)).status).toBe('failed');
    await rig.pass(60_000);
    expect((await submitAndValidate(rig)).status).toBe('in_progress');
  });

  test('is nothing of a batch that failed, whose file can be used again', async () => {
    const rig = await setup({ ...held, limits: { tokens: 10 } });
    const file = await upload(rig.openai, jsonl(lines));
    expect((await validated(rig, (await createFrom(rig.openai, file.id)).id)).status).toBe('failed');
    await rig.control.setOptions({ limits: { tokens: roomForOne } });
    expect((await validated(rig, (await createFrom(rig.openai, file.id)).id)).status).toBe('in_progress');
  });

  test('is not counted while there is no limit', async () => {
    const rig = await setup({ ...held, limits: { tokens: 10 } });
    expect((await submitAndValidate(rig)).status).toBe('failed');
    await rig.control.setOptions({ limits: { tokens: null } });
    expect((await submitAndValidate(rig)).status).toBe('in_progress');
  });

  test.for([
    ['rounded', 1_500_000, / surpassed the configured limit of 1\.5M for the deployment gpt-4o-mini\.$/],
    ['rounded', 300, / surpassed the configured limit of 300 for the deployment gpt-4o-mini\.$/],
    ['unnamed', 300, /^Enqueued token limit reached for gpt-4o-mini in organization org-\S+\. Please try again/],
  ] as const)('is told in other words if asked: %s, %i', async ([tokensMessage, tokens, words]) => {
    const rig = await setup({ ...held, limits: { tokens, tokensMessage, others: { tokens } } });
    expect((await submitAndValidate(rig)).message).toMatch(words);
  });
});

describe('the limit on enqueued tokens, held by the create', () => {
  const limits = { tokens: roomForOne, tokensRefusedAt: 'create' } satisfies Limits;
  const refusal = {
    status: 429,
    code: 'token_limit_exceeded',
    message: expect.stringContaining('Limit: 400 enqueued tokens.'),
  };

  test('answers 429, makes no batch, and counts what is still being validated', async () => {
    const rig = await setup({ ...held, limits });
    const file = await upload(rig.openai, jsonl(lines));
    const [first, second] = await Promise.allSettled([
      createFrom(rig.openai, file.id),
      createFrom(rig.openai, file.id),
    ]);
    expect([first.status, second.status].sort()).toEqual(['fulfilled', 'rejected']);
    await expect(createFrom(rig.openai, file.id)).rejects.toMatchObject(refusal);
    expect((await rig.control.counts()).batchesCreated).toBe(1);
    await rig.pass(hourMs + allDoneMs);
    expect((await validated(rig, (await createFrom(rig.openai, file.id)).id)).status).toBe('in_progress');
  });

  test('leaves to the validation what else is wrong with a file', async () => {
    const rig = await setup({ ...held, limits });
    const twice = jsonl([...chatLines(30), chatLine('row-1')]);
    const { id } = await createFrom(rig.openai, (await upload(rig.openai, twice)).id);
    expect((await validated(rig, id)).code).toBe('duplicate_custom_id');
  });

  test('can be switched to the validation and back', async () => {
    const rig = await setup({ ...held, limits });
    const file = await upload(rig.openai, jsonl(chatLines(30)));
    await rig.control.setOptions({ limits: { tokensRefusedAt: 'validation' } });
    expect((await validated(rig, (await createFrom(rig.openai, file.id)).id)).code).toBe('token_limit_exceeded');
    await rig.control.setOptions({ limits: { tokensRefusedAt: 'create' } });
    await expect(createFrom(rig.openai, file.id)).rejects.toMatchObject(refusal);
  });
});

describe('other people of the account', () => {
  test('can use a part of the tokens for a time, and give it back', async () => {
    const rig = await setup({ ...held, limits: { tokens: roomForOne } });
    await rig.control.setOptions({ limits: { others: { tokens: 200, fromMs: 60_000, forMs: 60_000 } } });
    const { id } = await submit(rig, lines);
    expect((await validated(rig, id)).status).toBe('in_progress');
    await rig.openai.batches.cancel(id);
    await rig.pass(60_000);
    expect((await submitAndValidate(rig)).code).toBe('token_limit_exceeded');
    await rig.pass(60_000);
    expect((await submitAndValidate(rig)).status).toBe('in_progress');
  });

  test('use them until they are switched off, for one model if told so', async () => {
    const rig = await setup({ ...held, limits: { tokens: roomForOne, others: { tokens: { 'gpt-4o-mini': 200 } } } });
    const { id } = await submit(rig, [
      chatLine('a', 'x', { body: { ...chatBody('x'.repeat(1200)), model: 'gpt-4o' } }),
    ]);
    expect((await validated(rig, id)).status).toBe('in_progress');
    await rig.pass(48 * hourMs);
    expect((await submitAndValidate(rig)).code).toBe('token_limit_exceeded');
    await rig.control.setOptions({ limits: { others: null } });
    expect((await submitAndValidate(rig)).status).toBe('in_progress');
  });
});
