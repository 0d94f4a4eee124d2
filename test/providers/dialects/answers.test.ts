// Vendors' bodies as documented or seen (November 2026), and what is made of them.

import { describe, expect, test } from 'vitest';
import { decode as readAnthropic } from '../../../providers/dialects/anthropic/answers.ts';
import { decode as readOpenai } from '../../../providers/dialects/openai/answers.ts';
import { anthropicFaults } from '../../../providers/vendors/anthropic/faults.ts';
import { openaiFaults } from '../../../providers/vendors/openai/faults.ts';

const chat = '/v1/chat/completions';
const decodeOpenai = (line: Buffer, endpoint: string) => readOpenai(line, endpoint, openaiFaults.items);
const decodeAnthropic = (line: Buffer) => readAnthropic(line, anthropicFaults.items);
const openai = (body: unknown, endpoint = chat) =>
  decodeOpenai(
    Buffer.from(
      JSON.stringify({ id: 'batch_req_1', custom_id: 'a', response: { status_code: 200, body }, error: null }),
    ),
    endpoint,
  );
const refused = (status: number, error: unknown) =>
  decodeOpenai(
    Buffer.from(JSON.stringify({ custom_id: 'a', response: { status_code: status, body: { error } }, error: null })),
    chat,
  );
const undone = (code: string) =>
  decodeOpenai(Buffer.from(JSON.stringify({ custom_id: 'a', response: null, error: { code, message: 'x' } })), chat);
const choice = (message: unknown, finish_reason: string) => ({ model: 'm', choices: [{ message, finish_reason }] });

describe('a line of OpenAI’s', () => {
  test('chat: text, model and usage, cached tokens inside the input', () => {
    const usage = {
      prompt_tokens: 100,
      completion_tokens: 20,
      prompt_tokens_details: { cached_tokens: 80, cache_write_tokens: 10 },
      completion_tokens_details: { reasoning_tokens: 5 },
    };
    expect(openai({ ...choice({ content: 'hi', refusal: null }, 'stop'), usage })).toMatchObject({
      kind: 'answer',
      customId: 'a',
      text: 'hi',
      finish: 'stop',
      model: 'm',
      usage: { input: 100, cachedInput: 80, cacheWrite: 10, output: 20, reasoning: 5 },
    });
  });

  test('chat: an answer without its status around it', () => {
    const usage = { prompt_tokens: 44, total_tokens: 47, completion_tokens: 3 };
    const response = { object: 'chat.completion', ...choice({ content: 'Hello.' }, 'stop'), usage };
    const line = Buffer.from(JSON.stringify({ custom_id: 'a', response }));
    expect(decodeOpenai(line, chat)).toMatchObject({ kind: 'answer', customId: 'a', text: 'Hello.', response });
  });

  test('unknown usage is unknown, not none', () => {
    expect(openai(choice({ content: 'hi' }, 'stop'))).toMatchObject({ usage: { input: null, output: null } });
  });

  test.each([
    [{ content: 'x' }, 'length', { text: 'x', finish: 'length' }],
    [{ content: null }, 'content_filter', { text: null, finish: 'filtered' }],
    [{ content: null, refusal: 'no' }, 'stop', { text: null, finish: 'refused' }],
    [{ content: null, tool_calls: [{ id: 't' }] }, 'tool_calls', { text: null, value: [{ id: 't' }], finish: 'stop' }],
    [{ content: [{ type: 'text', text: 'a' }, { text: 'b' }] }, 'stop', { text: 'ab' }],
    [undefined, 'stop', { text: null }],
  ])('chat message %j that ended by %s', (message, finish, expected) => {
    expect(openai(choice(message, finish))).toMatchObject({ kind: 'answer', ...expected });
  });

  test('responses: texts are joined, refusals and cuts are told', () => {
    const message = (content: unknown[]) => ({ type: 'message', content });
    const text = { type: 'output_text', text: 'a' };
    const of = (body: unknown) => openai(body, '/v1/responses');
    expect(of({ status: 'completed', output: [{ type: 'reasoning' }, message([text, text])] })).toMatchObject({
      text: 'aa',
      finish: 'stop',
    });
    expect(of({ output: [message([{ type: 'refusal', refusal: 'no' }])] })).toMatchObject({ finish: 'refused' });
    const cut = {
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      output: [message([text])],
    };
    expect(of(cut)).toMatchObject({ text: 'a', finish: 'length' });
    expect(of({ status: 'failed', error: { code: 'server_error', message: 'x' } })).toMatchObject({
      kind: 'error',
      reason: 'provider_error',
      detail: 'x',
    });
  });
});

describe('another line of OpenAI’s', () => {
  test('moderations and completions', () => {
    expect(openai({ results: [{ flagged: true }] }, '/v1/moderations')).toMatchObject({ value: { flagged: true } });
    expect(openai({ choices: [{ text: 't', finish_reason: 'length' }] }, '/v1/completions')).toMatchObject({
      text: 't',
      finish: 'length',
    });
  });
});

describe('a line of OpenAI’s without an answer', () => {
  test('a refusal by HTTP is known by its status, although the line says error: null', () => {
    expect(refused(429, { code: 'rate_limit_exceeded', type: 'requests', message: 'x' })).toEqual({
      kind: 'error',
      customId: 'a',
      reason: 'rate_limited',
      detail: 'x',
    });
    expect(refused(400, { code: 'Your prompt said: hello', message: 'x' })).toEqual({
      kind: 'error',
      customId: 'a',
      reason: 'bad_request',
      detail: 'x',
    });
  });

  test.each([
    [429, null, 'rate_limited'],
    [500, null, 'provider_error'],
    [529, null, 'overloaded'],
    [504, null, 'timeout'],
    [408, null, 'timeout'],
    [400, null, 'bad_request'],
    [422, null, 'bad_request'],
    [404, null, 'not_found'],
    [413, null, 'too_large'],
    [401, null, 'unauthorized'],
    [403, null, 'unauthorized'],
    [402, null, 'no_money'],
    [429, 'insufficient_quota', 'no_money'],
    [400, 'overloaded_error', 'bad_request'],
  ])('status %s with code %s is %s', (status, code, reason) => {
    expect(refused(status, { code, message: 'x' })).toEqual({ kind: 'error', customId: 'a', reason, detail: 'x' });
  });

  test.each([
    ['overloaded_error', 'overloaded'],
    ['invalid_request_error', 'bad_request'],
    ['insufficient_quota', 'no_money'],
    ['never_heard_of', 'provider_error'],
    ['constructor', 'provider_error'],
  ])('code %s without a status is %s', (code, reason) => {
    expect(undone(code)).toEqual({ kind: 'error', customId: 'a', reason, detail: 'x' });
  });

  test.each([
    ['batch_expired', 'expired'],
    ['batch_cancelled', 'cancelled'],
    ['request_timeout', 'timeout'],
  ])('%s was not run', (code, why) => {
    expect(undone(code)).toEqual({ kind: 'unrun', customId: 'a', why, detail: 'x' });
  });

  test('another code is an error of unknown status', () => {
    expect(undone('odd')).toEqual({ kind: 'error', customId: 'a', reason: 'provider_error', detail: 'x' });
  });
});

const anthropic = (result: unknown) => decodeAnthropic(Buffer.from(JSON.stringify({ custom_id: 'a', result })));

describe('a line of Anthropic’s', () => {
  test('text blocks are joined, usage includes what the cache had', () => {
    const usage = {
      input_tokens: 10,
      cache_read_input_tokens: 80,
      cache_creation_input_tokens: 5,
      output_tokens: 7,
      output_tokens_details: { thinking_tokens: 3 },
    };
    const content = [
      { type: 'thinking', thinking: 'hm' },
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ];
    expect(
      anthropic({ type: 'succeeded', message: { content, stop_reason: 'end_turn', usage, model: 'm' } }),
    ).toMatchObject({
      text: 'ab',
      finish: 'stop',
      model: 'm',
      usage: { input: 95, cachedInput: 80, cacheWrite: 5, output: 7, reasoning: 3 },
    });
  });

  test.each([
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['refusal', 'refused'],
    ['pause_turn', 'paused'],
    ['stop_sequence', 'stop'],
  ])('stop reason %s is %s', (stop_reason, finish) => {
    expect(anthropic({ type: 'succeeded', message: { content: [], stop_reason } })).toMatchObject({
      text: null,
      finish,
    });
  });

  test('tool calls are a value', () => {
    const content = [{ type: 'tool_use', name: 'f', input: {} }];
    expect(anthropic({ type: 'succeeded', message: { content } })).toMatchObject({ value: content, text: null });
  });
});

describe('a line of Anthropic’s without an answer', () => {
  test.each([
    ['invalid_request_error', 'bad_request'],
    ['authentication_error', 'unauthorized'],
    ['permission_error', 'unauthorized'],
    ['billing_error', 'no_money'],
    ['not_found_error', 'not_found'],
    ['request_too_large', 'too_large'],
    ['rate_limit_error', 'rate_limited'],
    ['timeout_error', 'timeout'],
    ['overloaded_error', 'overloaded'],
    ['api_error', 'provider_error'],
    ['something_new', 'provider_error'],
  ])('%s inside its envelope is %s', (type, reason) => {
    const error = { type: 'error', error: { type, message: 'x' }, request_id: null };
    expect(anthropic({ type: 'errored', error })).toEqual({ kind: 'error', customId: 'a', reason, detail: 'x' });
  });

  test('an account without money is told by the code inside of a rate limit', () => {
    const details = { error_code: 'enforced_spend_limit_reached' };
    const error = { type: 'error', error: { type: 'rate_limit_error', details }, request_id: null };
    expect(anthropic({ type: 'errored', error })).toEqual({ kind: 'error', customId: 'a', reason: 'no_money' });
  });

  test('canceled and expired were not run', () => {
    expect(anthropic({ type: 'canceled' })).toMatchObject({ kind: 'unrun', why: 'cancelled' });
    expect(anthropic({ type: 'expired' })).toMatchObject({ kind: 'unrun', why: 'expired' });
  });
});
