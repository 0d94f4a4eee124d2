// What an earlier job answered is carried over by key, not planned and not paid again.

import { describe, expect, test } from 'vitest';
import type { ItemLine } from '../../../domain/outcome/outcome.ts';
import { folderWith, makeRows } from './planning.ts';

describe('reuse', () => {
  test('carries over what was answered under the same key, in row order, and plans the rest', async () => {
    const before = await folderWith(makeRows(40));
    await before.run();
    const items = before.lines<ItemLine>('plan/wave-1/batch-0001.items.jsonl');
    const result = ({ row, id, key, customId }: ItemLine) => ({
      id,
      row,
      status: row % 4 === 0 ? 'failed' : 'answered',
      output: `answer ${row}`,
      usage: null,
      costUsd: 0.5,
      attempts: 1,
      lane: 'batch',
      model: 'm',
      finishReason: 'stop',
      batchId: 'b',
      key,
      customId,
    });
    // Backwards, so that reading has to go back again and again.
    const results = items
      .map(result)
      .reverse()
      .map((line) => `${JSON.stringify(line)}\n`)
      .join('');
    const folder = await folderWith([...makeRows(41), makeRows(1)[0] ?? null], { reuse: 'earlier/results.jsonl' });
    const sink = await folder.store.create('earlier/results.jsonl');
    await sink.write(Buffer.from(`not json\n${results}`));
    await sink.close();
    const summary = await folder.run();
    expect(summary.rows).toEqual({ rows: 42, accepted: 11, refused: 0, duplicates: 1, carriedOver: 30 });
    const carried = folder.lines<{ row: number }>('answers/wave-0/batch-0001.jsonl');
    expect(carried.map(({ row }) => row)).toEqual(items.map(({ row }) => row).filter((row) => row % 4 !== 0));
    expect(carried[0]).toEqual({
      row: 1,
      id: 1,
      key: items[0]?.key,
      customId: items[0]?.customId,
      kind: 'answered',
      output: 'answer 1',
      usage: null,
      costUsd: 0,
      finishReason: 'stop',
      model: 'm',
      carried: { lane: 'batch', batchId: 'b' },
    });
  });
});

test.each([
  [
    'ready-made lines',
    null,
    (seed: string) =>
      `{"custom_id":"a","url":"/v1/chat/completions","method":"POST","body":{"model":"m","messages":[1],"seed":${seed}}}`,
  ],
  ['a template', { model: 'm', messages: '{{ text }}' }, (seed: string) => `{"id":"a","text":[${seed}]}`],
])('%s: does not carry over the answer to another request that differs only beyond 2^53', async (_, request, row) => {
  const [before, after] = ['9007199254740992', '9007199254740993'].map((seed) => `${row(seed)}\n`);
  const earlier = await folderWith(before ?? '', { request, model: null, id: request === null ? null : 'id' });
  await earlier.run();
  const [item] = earlier.lines<ItemLine>('plan/wave-1/batch-0001.items.jsonl');
  const result = { status: 'answered', output: 'x', key: item?.key, customId: item?.customId };
  for (const [dataset, carriedOver] of [
    [before, 1],
    [after, 0],
  ] as const) {
    const folder = await folderWith(dataset ?? '', {
      request,
      model: null,
      id: request === null ? null : 'id',
      reuse: 'earlier/results.jsonl',
    });
    const sink = await folder.store.create('earlier/results.jsonl');
    await sink.write(Buffer.from(`${JSON.stringify(result)}\n`));
    await sink.close();
    expect((await folder.run()).rows).toMatchObject({ rows: 1, refused: 0, carriedOver });
  }
});
