// Requests and tokens per minute of synchronous calls: that a client gets what flows and no more, in the vendor's words
// and headers, and that the emulator says how fast a client really was.
import { describe, expect, test } from 'vitest';
import { anthropicClient, chatBody, openaiClient, request, type Setup, setup } from '../harness.ts';

const minuteMs = 60_000;
type Rig = Setup;

const askWith = (openai: Rig['openai'], more: object = {}) =>
  openai.chat.completions.create({ ...chatBody('hello'), ...more }).withResponse();
const ask = ({ openai }: Pick<Rig, 'openai'>, more: object = {}) => askWith(openai, more);
const message = ({ anthropic }: Pick<Rig, 'anthropic'>, text = 'hello', more: object = {}) =>
  anthropic.messages.create({ ...request('a', text).params, ...more }).withResponse();

/** How many of so many calls at the same time are let through. */
async function passed(call: () => Promise<unknown>, times: number): Promise<number> {
  const done = await Promise.allSettled(Array.from({ length: times }, call));
  return done.filter(({ status }) => status === 'fulfilled').length;
}

async function refusal(call: Promise<unknown>) {
  const error = await call.then(
    () => null,
    (thrown) => thrown,
  );
  const headers = Object.fromEntries((error?.headers ?? new Headers()).entries());
  return { status: error?.status, code: error?.code, type: error?.type, message: String(error?.message), headers };
}

describe('requests per minute at OpenAI', () => {
  test('are let through as they flow, and no more', async () => {
    const rig = await setup({ sync: { rpm: 60 } });
    expect(await passed(() => ask(rig), 70)).toBe(60);
    expect(await passed(() => ask(rig), 1)).toBe(0);
    await rig.pass(999);
    expect(await passed(() => ask(rig), 1)).toBe(0);
    await rig.pass(1);
    expect(await passed(() => ask(rig), 2)).toBe(1);
    await rig.pass(10_500);
    expect(await passed(() => ask(rig), 20)).toBe(10);
    await rig.pass(60 * minuteMs);
    expect(await passed(() => ask(rig), 70)).toBe(60);
  });

  test('are refused with the words, the code and the headers of the vendor', async () => {
    const rig = await setup({ sync: { rpm: 2 } });
    const { response } = await ask(rig);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'x-ratelimit-limit-requests': '2',
      'x-ratelimit-remaining-requests': '1',
      'x-ratelimit-reset-requests': '30s',
    });
    await ask(rig);
    await rig.pass(3250);
    const refused = await refusal(ask(rig));
    expect(refused).toMatchObject({ status: 429, code: 'rate_limit_exceeded', type: 'requests' });
    expect(refused.message).toMatch(
      /Rate limit reached for gpt-4o-mini in organization org-\S+ on requests per min \(RPM\): Limit 2, Used 2, Requested 1\. Please try again in 26\.75s\./,
    );
    expect(refused.headers).toMatchObject({
      'retry-after': '27',
      'retry-after-ms': '26750',
      'x-ratelimit-limit-requests': '2',
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '56.75s',
    });
    await rig.pass(26_749);
    await expect(ask(rig)).rejects.toMatchObject({ status: 429 });
    await rig.pass(1);
    await expect(ask(rig)).resolves.toBeDefined();
  });

  test('are one limit for all endpoints and keys of an account and the dates of a model, and other limits for the rest', async () => {
    const rig = await setup({ keys: { 'sk-test': 'one', 'sk-b': 'one', 'sk-c': 'two' }, sync: { rpm: 1 } });
    const client = (key: string) => openaiClient(rig.emulator.openaiBaseUrl, key);
    await ask(rig);
    const refused = expect.objectContaining({ status: 429 });
    await expect(askWith(client('sk-b'))).rejects.toEqual(refused);
    await expect(ask(rig, { model: 'gpt-4o-mini-2024-07-18' })).rejects.toEqual(refused);
    await expect(rig.openai.responses.create({ model: 'gpt-4o-mini', input: 'hi' })).rejects.toEqual(refused);
    await expect(askWith(client('sk-c'))).resolves.toBeDefined();
    await expect(ask(rig, { model: 'gpt-4o' })).resolves.toBeDefined();
    const embed = () => rig.openai.embeddings.create({ model: 'text-embedding-3-small', input: 'hi' });
    await expect(embed()).resolves.toBeDefined();
    await expect(embed()).rejects.toEqual(refused);
  });
});

describe('requests per minute', () => {
  test('can be enforced over less than a minute, and without saying when to come again', async () => {
    const rig = await setup({ sync: { rpm: 600, burstMs: 1000, retryAfter: false } });
    expect(await passed(() => ask(rig), 30)).toBe(10);
    const { status, headers } = await refusal(ask(rig));
    expect([status, headers['retry-after'], headers['retry-after-ms']]).toEqual([429, undefined, undefined]);
    await rig.pass(500);
    expect(await passed(() => ask(rig), 30)).toBe(5);
  });

  test('can be changed and switched off, and nothing is said of limits that are not there', async () => {
    const rig = await setup({ sync: { rpm: 0 } });
    expect((await refusal(ask(rig))).headers).toMatchObject({ 'retry-after': '60' });
    await rig.control.setOptions({ sync: { rpm: 3 } });
    expect(await passed(() => ask(rig), 10)).toBe(3);
    await rig.control.setOptions({ sync: { rpm: 60 } });
    await rig.pass(2000);
    expect(await passed(() => ask(rig), 10)).toBe(2);
    await rig.control.setOptions({ sync: null });
    expect(await passed(() => ask(rig), 100)).toBe(100);
    const { response } = await ask(rig);
    expect([...response.headers.keys()].filter((name) => name.includes('ratelimit'))).toEqual([]);
  });

  test('do not concern batches and files', async () => {
    const rig = await setup({ sync: { rpm: 0, tpm: 0, otpm: 0 } });
    await expect(rig.openai.batches.list()).resolves.toBeDefined();
    await expect(rig.openai.files.list()).resolves.toBeDefined();
    await expect(rig.anthropic.messages.batches.create({ requests: [request('a')] })).resolves.toBeDefined();
  });
});

describe('tokens per minute at OpenAI', () => {
  test('are those of the prompt and the most that may be answered', async () => {
    const rig = await setup({ sync: { tpm: 1000 } });
    const { response, data } = await ask(rig, { max_completion_tokens: 500 });
    const used = (data.usage?.prompt_tokens ?? 0) + 500;
    expect(response.headers.get('x-ratelimit-remaining-tokens')).toBe(String(1000 - used));
    const refused = await refusal(ask(rig, { max_completion_tokens: 500 }));
    expect(refused).toMatchObject({ status: 429, code: 'rate_limit_exceeded', type: 'tokens' });
    expect(refused.message).toContain(
      `on tokens per min (TPM): Limit 1000, Used ${used}, Requested ${used}. Please try again in `,
    );
    await rig.pass(Number(refused.headers['retry-after-ms']) - 1);
    await expect(ask(rig, { max_completion_tokens: 500 })).rejects.toMatchObject({ status: 429 });
    await rig.pass(1);
    await expect(ask(rig, { max_completion_tokens: 500 })).resolves.toBeDefined();
  });

  test('of a request that alone is over the limit are never there', async () => {
    const rig = await setup({ sync: { tpm: 1000 } });
    await rig.pass(60 * minuteMs);
    const { message, headers } = await refusal(ask(rig, { max_completion_tokens: 2000 }));
    expect(message).toMatch(
      /Request too large for gpt-4o-mini in .* Limit 1000, Requested 20\d\d\. The input or output/,
    );
    expect(headers['retry-after']).toBeUndefined();
    await expect(ask(rig)).resolves.toBeDefined();
  });
});

describe('limits per minute at Anthropic', () => {
  test('of requests are refused with the words and the headers of the vendor', async () => {
    const rig = await setup({ sync: { rpm: 2 } });
    await message(rig);
    await message(rig);
    const refused = await refusal(message(rig));
    expect(refused).toMatchObject({ status: 429, type: 'rate_limit_error' });
    expect(refused.message).toContain("would exceed your organization's rate limit of 2 requests per minute");
    expect(refused.headers).toMatchObject({
      'retry-after': '30',
      'anthropic-ratelimit-requests-limit': '2',
      'anthropic-ratelimit-requests-remaining': '0',
      'anthropic-ratelimit-requests-reset': '2026-01-01T00:01:00.000Z',
    });
    await expect(
      message({ anthropic: anthropicClient(rig.emulator.anthropicBaseUrl, 'sk-other') }),
    ).resolves.toBeDefined();
    await rig.pass(30_000);
    await expect(message(rig)).resolves.toBeDefined();
  });

  test('of input tokens do not count what comes from a cache, nor what might be answered', async () => {
    const rig = await setup({ sync: { tpm: 600 } });
    const system = [{ type: 'text', text: 'x'.repeat(2000), cache_control: { type: 'ephemeral' } }];
    const first = await message(rig, 'hello', { system, max_tokens: 5000 });
    const left = Number(first.response.headers.get('anthropic-ratelimit-input-tokens-remaining'));
    expect(left).toBeLessThan(100);
    expect(first.response.headers.get('anthropic-ratelimit-tokens-remaining')).toBe(String(left));
    const second = await message(rig, 'hello', { system });
    expect(second.data.usage.cache_read_input_tokens).toBeGreaterThan(0);
    const spent = left - Number(second.response.headers.get('anthropic-ratelimit-input-tokens-remaining'));
    expect(spent).toBe(second.data.usage.input_tokens);
    const refused = await refusal(message(rig, 'y'.repeat(500)));
    expect(refused.message).toContain('rate limit of 600 input tokens per minute');
  });

  test('of output tokens are charged with what was answered, and then waited for', async () => {
    const rig = await setup({ sync: { otpm: 100 }, answer: { bytes: 1000 } });
    const { data, response } = await message(rig);
    expect(data.usage.output_tokens).toBe(250);
    expect(response.headers.get('anthropic-ratelimit-output-tokens-remaining')).toBe('0');
    const refused = await refusal(message(rig));
    expect(refused.message).toContain('rate limit of 100 output tokens per minute');
    expect(refused.headers['retry-after']).toBe('91');
    await rig.pass(91_000);
    await expect(message(rig)).resolves.toBeDefined();
  });
});
