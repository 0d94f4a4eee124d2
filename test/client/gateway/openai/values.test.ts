// Values that the vendor refuses, by its status and its code: users of its SDK test for them.

import { ConflictError, toFile } from 'openai';
import { expect, test } from 'vitest';
import { readLimit, readMetadata } from '../../../../client/gateway/openai/check-values.ts';
import { devServer } from '../../../support/temporal.ts';
import { createBatch, makeLines, withOpenai } from './openai-site.ts';

const server = devServer();

const pairs = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, 'v']));

test.for([
  [undefined, null],
  [null, null],
  [{}, {}],
  [pairs(16), pairs(16)],
  [{ ['k'.repeat(64)]: 'v'.repeat(512) }, { ['k'.repeat(64)]: 'v'.repeat(512) }],
])('metadata is kept: %j', ([given, kept]) => {
  expect(readMetadata(given)).toEqual(kept);
});

test.for([
  ['x', 'invalid_type', 'metadata'],
  [['x'], 'invalid_type', 'metadata'],
  [pairs(17), 'object_above_max_properties', 'metadata'],
  [{ ['k'.repeat(65)]: 'v' }, 'property_name_above_max_length', 'metadata'],
  [{ k: 'v'.repeat(513) }, 'string_above_max_length', 'metadata.k'],
  [{ k: 1 }, 'invalid_type', 'metadata.k'],
] as const)('metadata is refused: %j', ([given, vendorCode, field]) => {
  expect(() => readMetadata(given)).toThrow(expect.objectContaining({ vendorCode, field }));
});

test.for([
  ['0', 'integer_below_min_value'],
  ['101', 'integer_above_max_value'],
  ['1.5', 'invalid_type'],
  ['x', 'invalid_type'],
] as const)('a page cannot have %s entries', ([text, vendorCode]) => {
  const read = () => readLimit(text, { max: 100, byDefault: 20 });
  expect(read).toThrow(expect.objectContaining({ vendorCode, field: 'limit' }));
});

test('the SDK raises the errors that it raises with the vendor', () =>
  withOpenai(server.env, 'values', {}, async ({ openai }) => {
    expect(readLimit('100', { max: 100, byDefault: 20 })).toBe(100);
    const tooMany = { status: 400, type: 'invalid_request_error', code: 'integer_above_max_value', param: 'limit' };
    await expect(openai.batches.list({ limit: 101 })).rejects.toMatchObject(tooMany);
    await expect(openai.files.list({ limit: 10_001 })).rejects.toMatchObject(tooMany);
    const { id, input_file_id: file } = await createBatch(openai, '');
    const cancelling = openai.batches.cancel(id);
    await expect(cancelling).rejects.toBeInstanceOf(ConflictError);
    await expect(cancelling).rejects.toMatchObject({
      code: null,
      message: /Cannot cancel a batch with status 'failed'\./,
    });
    const order = { input_file_id: file, endpoint: '/v1/chat/completions', completion_window: '24h' } as const;
    await expect(openai.batches.create({ ...order, metadata: pairs(17) })).rejects.toMatchObject({
      status: 400,
      code: 'object_above_max_properties',
      param: 'metadata',
    });
    await expect(openai.batches.create({ ...order, endpoint: Object(null) })).rejects.toMatchObject({ code: null });
    await expect(openai.batches.create(JSON.parse('{"endpoint": null, "input_file_id": "x"}'))).rejects.toMatchObject({
      code: 'missing_required_parameter',
      param: 'endpoint',
    });
    expect((await openai.batches.create({ ...order, metadata: pairs(16) })).metadata).toEqual(pairs(16));
    const upload = { file: await toFile(Buffer.from(makeLines(1)), 'a.jsonl'), purpose: 'batch' } as const;
    const later = JSON.parse('"updated_at"');
    await expect(
      openai.files.create({ ...upload, expires_after: { anchor: later, seconds: 3600 } }),
    ).rejects.toMatchObject({ status: 400, param: 'expires_after.anchor' });
  }));
