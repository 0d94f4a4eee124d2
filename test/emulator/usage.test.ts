// Answers that do not say what they used, in both lanes of both vendors, and writes into Anthropic's caches.
import { describe, expect, test } from 'vitest';
import {
  allDoneMs,
  anthropicResults,
  chatBody,
  chatLine,
  chatLines,
  createFrom,
  jsonl,
  parseLines,
  request,
  type Setup,
  setup,
  submit,
  upload,
} from './harness.ts';

const model = 'gpt-4o-mini';
const embedding = { model: 'text-embedding-3-small', input: 'hi', encoding_format: 'float' } as const;

/** The answers of single calls, one of each endpoint whose answers say what they used. */
async function singles({ openai, anthropic }: Setup): Promise<object[]> {
  return [
    await openai.chat.completions.create(chatBody('hi')),
    await openai.responses.create({ model, input: 'hi' }),
    await openai.completions.create({ model: 'gpt-3.5-turbo-instruct', prompt: 'hi' }),
    await openai.embeddings.create(embedding),
    await anthropic.messages.create(request('a').params),
  ];
}

/** The answers of a batch at OpenAI and of one at Anthropic. */
async function batched(rig: Setup, count: number) {
  const { openai, anthropic, pass } = rig;
  const { id } = await submit(rig, chatLines(count));
  const requests = Array.from({ length: count }, (_, at) => request(`row-${at}`));
  const messages = await anthropic.messages.batches.create({ requests });
  await pass(allDoneMs);
  const batch = await openai.batches.retrieve(id);
  const lines: { response: { body: object } }[] = JSON.parse(
    `[${(await (await openai.files.content(batch.output_file_id ?? '')).text()).trim().split('\n').join(',')}]`,
  );
  const results = await anthropicResults(anthropic, messages.id);
  return {
    openai: lines.map(({ response }) => response.body),
    anthropic: results.map(({ result }) => (result.type === 'succeeded' ? result.message : {})),
    usage: batch.usage,
  };
}

const usages = (answers: object[]): unknown[] => answers.map((answer) => ('usage' in answer ? answer.usage : 'absent'));

describe('usage is left out of every answer, until it is switched off', () => {
  test.for([
    ['absent', 'absent'],
    ['null', null],
    ['empty', {}],
  ] as const)('as %s', async ([as, left]) => {
    const rig = await setup({ usage: { missing: 1, as } });
    expect(usages(await singles(rig))).toEqual(Array(5).fill(left));
    const { openai, anthropic } = await batched(rig, 2);
    expect(usages([...openai, ...anthropic])).toEqual(Array(4).fill(left));
    expect(await rig.control.counts()).toMatchObject({ withoutUsage: 4, sync: { billed: 5, withoutUsage: 5 } });
    await rig.control.setOptions({ usage: null });
    for (const usage of usages(await singles(rig))) expect(Object.keys(usage ?? {})).not.toEqual([]);
    expect((await rig.control.counts()).sync.withoutUsage).toBe(5);
  });

  test('in the lines of the other endpoints too', async () => {
    const rig = await setup({ usage: { missing: 1 } });
    const bodies = {
      '/v1/responses': { model, input: 'hi' },
      '/v1/embeddings': embedding,
      '/v1/completions': { model: 'gpt-3.5-turbo-instruct', prompt: 'hi' },
    } as const;
    for (const endpoint of ['/v1/responses', '/v1/embeddings', '/v1/completions'] as const) {
      const line = { ...chatLine('a'), url: endpoint, body: bodies[endpoint] };
      const file = await upload(rig.openai, jsonl([line]));
      const { id } = await rig.openai.batches.create({
        input_file_id: file.id,
        endpoint,
        completion_window: '24h',
      });
      await rig.pass(allDoneMs);
      const { output_file_id } = await rig.openai.batches.retrieve(id);
      const [answer] = parseLines(await (await rig.openai.files.content(output_file_id ?? '')).text());
      expect(answer?.response).toMatchObject({ status_code: 200 });
      expect(usages([answer?.response?.body ?? {}])).toEqual(['absent']);
    }
  });
});

test('usage is left out of a share of the answers, of the same ones each time, as the counts say', async () => {
  const rig = await setup({ usage: { missing: 0.3 } });
  const { id } = await submit(rig, chatLines(200));
  await rig.pass(allDoneMs);
  const { output_file_id, usage } = await rig.openai.batches.retrieve(id);
  const read = async () => parseLines(await (await rig.openai.files.content(output_file_id ?? '')).text());
  const left = async () =>
    usages((await read()).map(({ response }) => response?.body ?? {})).map((one) => one === 'absent');
  const first = await left();
  const count = first.filter(Boolean).length;
  expect(count).toBeGreaterThan(30);
  expect(count).toBeLessThan(90);
  expect(await left()).toEqual(first);
  expect((await rig.control.counts()).withoutUsage).toBe(count);
  expect(usage?.input_tokens).toBeGreaterThan(0);
});

test.for(['batch', 'sync'] as const)('usage can be left out in the lane %s alone', async (lane) => {
  const rig = await setup({ usage: { missing: 1, lane } });
  const { openai, anthropic } = await batched(rig, 1);
  const absent = (answers: object[]) => usages(answers).every((usage) => usage === 'absent');
  expect([absent([...openai, ...anthropic]), absent(await singles(rig))]).toEqual([lane === 'batch', lane === 'sync']);
});

test('a batch keeps the usage it was created with', async () => {
  const rig = await setup({ usage: { missing: 1 } });
  const file = await upload(rig.openai, jsonl(chatLines(1)));
  const { id } = await createFrom(rig.openai, file.id);
  await rig.control.setOptions({ usage: null });
  await rig.pass(allDoneMs);
  const { output_file_id } = await rig.openai.batches.retrieve(id);
  expect(await (await rig.openai.files.content(output_file_id ?? '')).text()).not.toContain('usage');
});

describe('writes into caches of five minutes and of an hour', () => {
  const ask = async ({ anthropic }: Setup) => (await anthropic.messages.create(request('a').params)).usage;

  test('are stated one by one in both lanes when asked for, next to the input', async () => {
    const rig = await setup();
    const plain = await ask(rig);
    expect(plain.cache_creation_input_tokens).toBe(0);
    await rig.control.setOptions({ usage: { cacheWrite5m: 300, cacheWrite1h: 7000 } });
    const written = {
      input_tokens: plain.input_tokens,
      cache_creation_input_tokens: 7300,
      cache_creation: { ephemeral_5m_input_tokens: 300, ephemeral_1h_input_tokens: 7000 },
    };
    expect(await ask(rig)).toMatchObject(written);
    const { anthropic } = await batched(rig, 1);
    expect(anthropic).toMatchObject([{ usage: { ...written, input_tokens: expect.any(Number) } }]);
    await rig.control.setOptions({ usage: { cacheWrite5m: null, cacheWrite1h: 0 } });
    expect(await ask(rig)).toEqual(plain);
  });

  test('come on top of what a request writes itself, and can be one sum', async () => {
    const rig = await setup({ usage: { cacheWrite5m: 300, cacheSplit: false } });
    const system = [
      {
        type: 'text' as const,
        text: 'x'.repeat(2000),
        cache_control: { type: 'ephemeral' as const, ttl: '1h' as const },
      },
    ];
    const create = async () => (await rig.anthropic.messages.create({ ...request('a').params, system })).usage;
    const sum = await create();
    expect(sum.cache_creation_input_tokens).toBeGreaterThan(700);
    expect(Object.keys(sum)).not.toContain('cache_creation');
    await rig.control.setOptions({ usage: { cacheSplit: true } });
    expect(await create()).toMatchObject({
      cache_creation: { ephemeral_5m_input_tokens: 300, ephemeral_1h_input_tokens: 0 },
      cache_read_input_tokens: (sum.cache_creation_input_tokens ?? 0) - 300,
    });
  });
});
