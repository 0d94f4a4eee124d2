// Rows whose columns put values into a request are checked as they are sent, not as the template looks.

import { expect, test } from 'vitest';
import type { JobFile, JobSpec } from '../../domain/job.ts';
import type { Json } from '../../domain/outcome/outcome.ts';
import { vendorEntries } from '../../providers/registry.ts';
import { rowReader } from '../../threads/tasks/row-reader.ts';
import { makeProvider } from '../providers/vendors/emulated-vendor.ts';

const openai = makeProvider(vendorEntries.openai, { apiKey: 'k' });
const anthropic = makeProvider(vendorEntries.anthropic, { apiKey: 'k' });
const anthropicInUs = makeProvider(vendorEntries.anthropic, { apiKey: 'k', region: 'us' });

function read(provider: typeof openai, request: Json, record: { readonly [column: string]: Json }) {
  let checks = 0;
  const spec: Partial<JobSpec> = {
    model: 'm',
    request,
    endpoint: null,
    schema: null,
    budgetUsd: null,
    dataset: { uri: 'x', format: 'jsonl', id: null, limit: null },
    batch: { maxItems: 10, maxBytes: 10_000, concurrency: 1 },
    fallback: { lane: 'none', maxUsd: null },
  };
  const job = { spec, prices: {} } as Pick<JobFile, 'spec' | 'prices'>;
  const findProblems: typeof openai.findProblems = (body, endpoint) => {
    checks += 1;
    return provider.findProblems(body, endpoint);
  };
  const item = rowReader(job, { ...provider, findProblems })({
    row: 1,
    record,
    raw: Buffer.from(JSON.stringify(record)),
  } as never);
  return { item, checks };
}

const messages = [{ role: 'user', content: '{{ text }}' }];

test.each([
  ['stream', openai, { messages, stream: '{{ v }}' }, true, /^stream:/],
  ['max_tokens', anthropic, { messages, max_tokens: '{{ v }}' }, 0, /^max_tokens: must be/],
  ['messages', openai, { messages: '{{ v }}' }, null, /^messages:/],
  ['model', openai, { messages, model: '{{ v }}' }, 'claude-opus-4-6', /^model:/],
  ['model', openai, { messages, model: 'claude-{{ v }}' }, 'opus-4-6', /^model:/],
  [
    'model',
    anthropicInUs,
    { messages, max_tokens: 5, inference_geo: 'us', model: '{{ v }}' },
    'claude-opus-4-5',
    /^inference_geo:/,
  ],
] as const)('a column is refused as %s of a request of the row', (_field, provider, request, v, message) => {
  const { item } = read(provider, request as unknown as Json, { text: 'hi', v });
  expect(item).toEqual({ reason: 'unsupported', message: expect.stringMatching(message) });
});

test.each([
  ['a value that is allowed', { messages, stream: '{{ v }}' }, { text: 'hi', v: false }, 1],
  ['texts only', { messages, user: '{{ v }}' }, { text: 'hi', v: 'me' }, 0],
  ['a number within a list', { messages: [{ role: 'user', content: '{{ v }}' }] }, { v: 5 }, 0],
  ['nothing but a text within a list', { messages }, { text: 'hi' }, 0],
] as const)('a row with %s is taken, and checked only if it must be', (_what, request, record, checks) => {
  const read1 = read(openai, request as unknown as Json, record);
  expect(read1.item).toMatchObject({ row: 1, model: 'm' });
  expect(read1.checks).toBe(checks);
});
