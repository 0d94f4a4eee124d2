// Request lines in the form of the provider that answers them.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { BatchRecord } from '../../../../client/gateway/batches/record.ts';
import { translateLines } from '../../../../client/gateway/batches/translate-lines.ts';
import { translator } from '../../../../client/gateway/translate/translator.ts';
import { lineWriter } from '../../../../storage/lines/json-lines.ts';
import { createStore } from '../../../../storage/registry.ts';

const root = mkdtempSync(join(tmpdir(), 'nightshift-test-'));
const store = createStore({ dataRoot: root, s3PathStyle: true });
afterAll(() => rmSync(root, { recursive: true }));

const makeRecord = (name: string, provider: string): BatchRecord => ({
  version: 1,
  uuid: name,
  tenant: null,
  createdAt: 0,
  dialect: 'anthropic',
  endpoint: '/v1/messages',
  lines: `${name}.jsonl`,
  total: 2,
  digest: 'd',
  route: { provider, account: null },
  problems: [],
  windowMs: 1000,
  file: null,
  front: {},
});

const messages = [{ role: 'user', content: 'Hi' }];

async function translate(provider: string, more: object = {}): Promise<unknown> {
  const record = makeRecord(`${provider}-${Object.keys(more).join()}`, provider);
  const writer = lineWriter(await store.create(record.lines));
  for (const [id, fields] of Object.entries({ a: {}, b: more })) {
    await writer.write(JSON.stringify({ custom_id: id, params: { model: 'm', max_tokens: 9, messages, ...fields } }));
  }
  await writer.close();
  const target = { target: 'openai' as const, uri: `${record.uuid}.out.jsonl`, translator };
  await translateLines(store, record, target);
  let text = '';
  for await (const chunk of store.read(target.uri)) text += Buffer.from(chunk).toString();
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test.for([
  ['openai', 'max_completion_tokens'],
  ['mistral', 'max_tokens'],
])('the limit of the output has the name that %s knows', async ([provider = '', limit = '']) => {
  const line = (id: string): object => ({
    custom_id: id,
    method: 'POST',
    url: '/v1/chat/completions',
    body: { model: 'm', messages, [limit]: 9 },
  });
  expect(await translate(provider)).toEqual([line('a'), line('b')]);
});

test('what cannot be carried is named in its line', async () => {
  expect(await translate('openai', { top_k: 1 })).toEqual([
    expect.objectContaining({ custom_id: 'a', method: 'POST' }),
    { custom_id: 'b', nightshift: { refused: expect.stringMatching(/^top_k: /) } },
  ]);
});
