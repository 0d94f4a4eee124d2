// Every way in which a single call can go wrong: statuses, lost replies, broken bodies, keys and money.
import { describe, expect, test } from 'vitest';
import type { OptionsInput } from '../../../emulator/faults/options.ts';
import {
  allDoneMs,
  chatBody,
  chatLines,
  contentText,
  createFrom,
  jsonl,
  request,
  setup,
  submit,
  upload,
} from '../harness.ts';

const ask = (rig: Awaited<ReturnType<typeof setup>>) => rig.openai.chat.completions.create(chatBody('hello'));

describe('a call can', () => {
  test('be answered with any status, a number of times', async () => {
    const rig = await setup({ calls: { 'openai.chat': { status: 503, times: 2, shouldRetry: false } } });
    for (let at = 0; at < 2; at++) await expect(ask(rig)).rejects.toMatchObject({ status: 503 });
    expect((await ask(rig)).object).toBe('chat.completion');
    await rig.control.setOptions({ calls: { 'openai.chat': { status: 418, times: 1, body: 'teapot' } } });
    await expect(ask(rig)).rejects.toMatchObject({ status: 418 });
    expect((await rig.control.counts()).requests['openai.chat']).toBe(4);
  });

  test.for([
    ['seconds', 'retry-after', '7'],
    ['date', 'retry-after', 'Thu, 01 Jan 2026 00:00:07 GMT'],
    ['ms', 'retry-after-ms', '7000'],
    ['none', 'retry-after', null],
  ] as const)('say when to come again as %s', async ([retryAfterFormat, header, value]) => {
    const { openai } = await setup({
      calls: { '*': { status: 429, retryAfter: 7, retryAfterFormat, shouldRetry: true } },
    });
    const error = await openai.models.list().then(
      () => null,
      (thrown) => thrown,
    );
    expect([error.headers.get(header), error.headers.get('x-should-retry')]).toEqual([value, 'true']);
  });

  test('be refused now and then when it asks a model', async () => {
    const rig = await setup({ sync: { rate429: 0.5 } });
    const statuses = await Promise.all(
      Array.from({ length: 40 }, () =>
        ask(rig).then(
          () => 200,
          (error) => error.status,
        ),
      ),
    );
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
  });
});

describe('the reply to a call can', () => {
  test.for(['reset', 'timeout', '502'] as const)('be lost by %s although the call is executed', async (how) => {
    const rig = await setup({ loseReply: { route: 'openai.batches.create', times: 1, how } });
    const file = await upload(rig.openai, jsonl(chatLines(2)));
    const given = { input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h' } as const;
    await expect(rig.openai.batches.create(given, { timeout: 300 })).rejects.toThrow();
    expect((await rig.openai.batches.list()).data).toHaveLength(1);
    await createFrom(rig.openai, file.id);
    expect((await rig.control.counts()).batchesCreated).toBe(2);
  });

  test('be slow, or have slow headers', async () => {
    const rig = await setup({ latencyMs: 40, slowHeadersMs: 40 });
    const begun = performance.now();
    await ask(rig);
    expect(performance.now() - begun).toBeGreaterThan(75);
  });

  test('carry a canary in every error body', async () => {
    const rig = await setup({ errorBodyText: 'canary-7', itemErrors: { rate500: 1 } });
    await expect(rig.openai.models.retrieve('none')).rejects.toThrow(/canary-7/);
    await expect(rig.anthropic.models.retrieve('none')).rejects.toThrow(/canary-7/);
    const { id } = await submit(rig, chatLines(1));
    await rig.pass(allDoneMs);
    const { error_file_id } = await rig.openai.batches.retrieve(id);
    expect(await contentText(rig.openai, error_file_id)).toContain('canary-7');
  });
});

describe('a download can', () => {
  async function download(options: OptionsInput) {
    const rig = await setup();
    const { id } = await submit(rig, chatLines(1000));
    await rig.pass(allDoneMs);
    const { output_file_id } = await rig.openai.batches.retrieve(id);
    const whole = await contentText(rig.openai, output_file_id);
    await rig.control.setOptions(options);
    const read = () => rig.openai.files.content(output_file_id ?? '', { timeout: 1000 });
    return { whole, read };
  }

  test('be cut short as if it were whole', async () => {
    const { whole, read } = await download({ truncateBody: { afterBytes: 5000 } });
    expect(await (await read()).text()).toBe(whole.slice(0, 5000));
    expect(await (await read()).text()).toBe(whole);
  });

  test('be cut short of its declared length', async () => {
    const { whole, read } = await download({ truncateBody: { afterBytes: 5000, withLength: true } });
    const reply = await read();
    expect(reply.headers.get('content-length')).toBe(String(whole.length));
    await expect(reply.text()).rejects.toThrow(/terminated/);
  });

  test('stall for ever', async () => {
    const { read } = await download({ stallBody: { route: 'openai.files.content', afterBytes: 100 } });
    const reader = (await read()).body?.getReader();
    const first = await reader?.read();
    expect(first?.value?.length).toBe(100);
    const next = await Promise.race([reader?.read(), new Promise((resolve) => setTimeout(resolve, 100, 'stalled'))]);
    expect(next).toBe('stalled');
    await reader?.cancel();
  });

  test('be compressed', async () => {
    const { whole, read } = await download({ gzip: true });
    const reply = await read();
    expect(reply.headers.get('content-encoding')).toBe('gzip');
    expect(await reply.text()).toBe(whole);
  });

  test('be cut at Anthropic too', async () => {
    const { anthropic, control, pass } = await setup();
    const { id } = await anthropic.messages.batches.create({
      requests: Array.from({ length: 100 }, (_, at) => request(`r${at}`)),
    });
    await pass(allDoneMs);
    await control.setOptions({
      truncateBody: { afterBytes: 3000, withLength: true, route: 'anthropic.batches.results' },
    });
    const read = async () => {
      for await (const line of await anthropic.messages.batches.results(id)) expect(line.custom_id).toMatch(/^r/);
    };
    await expect(read()).rejects.toThrow();
  });
});

test('a download can be cut a number of times, at each vendor by itself, and then be whole', async () => {
  const { openai, anthropic, control, pass } = await setup();
  const { id } = await submit({ openai }, chatLines(100));
  const requests = Array.from({ length: 100 }, (_, at) => request(`r${at}`));
  const messages = await anthropic.messages.batches.create({ requests });
  await pass(allDoneMs);
  const { output_file_id } = await openai.batches.retrieve(id);
  const read = async () => (await contentText(openai, output_file_id)).length;
  const readMessages = async () =>
    (await anthropic.get(`/v1/messages/batches/${messages.id}/results`).asResponse()).text();
  const [whole, wholeMessages] = [await read(), (await readMessages()).length];
  await control.setOptions({
    truncateBody: [
      { route: 'openai.files.content', afterBytes: 3000, times: 2 },
      { route: 'anthropic.batches.results', afterBytes: 1000, times: 1 },
      { route: 'anthropic.batches.results', afterBytes: 2000, times: 2 },
    ],
  });
  const lengths = [];
  for (let time = 0; time < 4; time++) lengths.push([await read(), (await readMessages()).length]);
  expect(lengths).toEqual([
    [3000, 1000],
    [3000, 2000],
    [whole, 2000],
    [whole, wholeMessages],
  ]);
  await control.setOptions({ truncateBody: { route: 'anthropic.batches.results', afterBytes: 500 } });
  expect([await read(), (await readMessages()).length, (await readMessages()).length]).toEqual([
    whole,
    500,
    wholeMessages,
  ]);
});

describe('keys and money', () => {
  test('unknown keys are refused, and every key when told so', async () => {
    const rig = await setup({ keys: { 'sk-other': 'other' } });
    await expect(ask(rig)).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' });
    await expect(rig.anthropic.models.list()).rejects.toMatchObject({ status: 401, type: 'authentication_error' });
    await rig.control.setOptions({ keys: null, auth: { reject: 403, times: 1 } });
    await expect(ask(rig)).rejects.toMatchObject({ status: 403 });
    expect((await ask(rig)).object).toBe('chat.completion');
  });

  test('no money stops what costs money, and nothing else, until it is cleared', async () => {
    const rig = await setup({ money: { openai: {}, anthropic: { times: 1 } } });
    await expect(ask(rig)).rejects.toMatchObject({ status: 429, code: 'insufficient_quota' });
    const file = await upload(rig.openai, jsonl(chatLines(1)));
    await expect(createFrom(rig.openai, file.id)).rejects.toMatchObject({ code: 'insufficient_quota' });
    const create = () => rig.anthropic.messages.batches.create({ requests: [request('a')] });
    await expect(create()).rejects.toMatchObject({ status: 429, errorCode: 'enforced_spend_limit_reached' });
    expect((await create()).processing_status).toBe('in_progress');
    await rig.control.setOptions({ money: null });
    expect((await createFrom(rig.openai, file.id)).status).toBe('validating');
  });
});

test('a misspelt option is refused and names itself', async () => {
  const { control } = await setup();
  const options = JSON.parse('{"itemErrors":{"rate5OO":1}}');
  await expect(control.setOptions(options)).rejects.toThrow(/rate5OO/);
  await expect(control.setOptions({ calls: { 'openai.chats': { status: 500 } } })).rejects.toThrow(/openai\.chats/);
});
