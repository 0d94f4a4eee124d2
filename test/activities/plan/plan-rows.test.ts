// Rows that are refused, each with its reason, and datasets that are refused whole.

import { describe, expect, test } from 'vitest';
import { plan } from '../../../activities/plan/plan.ts';
import type { ItemLine } from '../../../domain/outcome/outcome.ts';
import { JobRefused } from '../../../domain/refusal.ts';
import {
  type Folder,
  folderWith,
  jobRef,
  makeDeps,
  makeRows,
  modelOfRow,
  openaiOffline,
  quietEnvironment,
} from './planning.ts';

describe('a row', () => {
  test('is refused for each reason there is, with its line', async () => {
    const long = 'x'.repeat(513);
    const lines = [
      '{"id":"good","text":"x"}',
      '{"id":',
      '[1]',
      '',
      Buffer.from([0x7b, 0xff, 0x7d]),
      `{"id":"big","text":"${'x'.repeat(2000)}"}`,
      '{"id":"lacks"}',
      `{"id":"deep","text":${'['.repeat(200_000)}${']'.repeat(200_000)}}`,
      '{"text":"no id"}',
      `{"id":"${long}","text":"x"}`,
      '{"id":12345678901234567890,"text":"x"}',
      '{"id":{},"text":"x"}',
      '{"id":"good","text":"y"}',
      '{"id":"good","text":"x"}',
      '{"id":"huge","text":1e999}',
    ];
    const batch = { maxItems: 10, maxBytes: 1000, concurrency: 1 };
    const bytes = Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from('\n')]));
    const folder = await folderWith(bytes, { id: 'id', batch });
    const summary = await folder.run();
    const rejects = folder.lines<{ line: number; id?: unknown; reason: string; message: string }>('rejects.jsonl');
    expect(rejects.map(({ line, reason }) => [line, reason])).toEqual([
      [2, 'malformed_json'],
      [3, 'not_an_object'],
      [5, 'invalid_utf8'],
      [6, 'request_too_large'],
      [7, 'missing_column'],
      [8, expect.stringMatching(/template_failed|malformed_json/)],
      [9, 'missing_id'],
      [10, 'bad_id'],
      [11, 'bad_id'],
      [12, 'bad_id'],
      [13, 'duplicate_id'],
      [15, 'template_failed'],
    ]);
    // Those that have an id.
    expect(rejects.flatMap(({ line, id }) => (id === undefined || id === 'deep' ? [] : [[line, id]]))).toEqual([
      [6, 'big'],
      [7, 'lacks'],
      [13, 'good'],
      [15, 'huge'],
    ]);
    expect(rejects[4]?.message).toBe('line 7: there is no column text');
    expect(rejects[10]?.message).toContain('row 1 has the same id');
    expect(folder.lines('plan/wave-1/duplicates.jsonl')).toEqual([{ row: 13, id: 'good', sameAs: 1 }]);
    expect(summary.rows).toEqual({ rows: 14, accepted: 1, refused: 12, duplicates: 1, carriedOver: 0 });
  });
});

describe('a single row', () => {
  test('of more than 32 MB is refused and the next one is not', async () => {
    const folder = await folderWith(`{"text":"${'x'.repeat(33 * 1024 * 1024)}"}\n{"text":"y"}\n`);
    expect((await folder.run()).rows).toMatchObject({ accepted: 1, refused: 1 });
    expect(folder.lines('rejects.jsonl')).toMatchObject([{ line: 1, reason: 'row_too_large' }]);
  });

  test('whose rendering would not end is refused with its line, and the next one is planned', async () => {
    const request = { messages: [{ role: 'user', content: '{{ text }}{% for i in (1..count) %}{% endfor %}' }] };
    const rows = [1, 1e15, 2_000_000, 3].map((count) => ({ text: 'x', count }));
    const folder = await folderWith(rows, { request });
    expect((await folder.run()).rows).toMatchObject({ accepted: 2, refused: 2 });
    expect(folder.lines('rejects.jsonl')).toMatchObject([
      { line: 2, reason: 'rendering_too_large', message: expect.stringContaining('more than 1000000 steps') },
      { line: 3, reason: 'rendering_too_large' },
    ]);
  });

  test('with a model too many is refused', async () => {
    const rows = Array.from({ length: 70 }, (_, index) => ({ text: 'x', model: `m${index}` }));
    const folder = await folderWith(rows, { request: modelOfRow, model: null });
    expect((await folder.run()).rows).toMatchObject({ accepted: 64, refused: 6 });
    expect(folder.lines('rejects.jsonl')[0]).toMatchObject({ line: 65, reason: 'too_many_models' });
  });

  test('that was refused is not the original of a duplicate', async () => {
    const big = { id: 'a', text: 'x'.repeat(2000) };
    const folder = await folderWith([big, big, { id: 'a', text: 'small' }], {
      batch: { maxItems: 9, maxBytes: 1000, concurrency: 1 },
    });
    expect((await folder.run()).rows).toMatchObject({ accepted: 1, refused: 2, duplicates: 0 });
  });

  test('goes by its number where it has no id, and 5 is not "5"', async () => {
    const folder = await folderWith([
      { text: 'x' },
      { id: 5, text: 'x' },
      { id: '5', text: 'x' },
      { id: null, text: 'x' },
      { text: 'x' },
    ]);
    expect((await folder.run()).rows).toMatchObject({ accepted: 4, duplicates: 1 });
    expect(folder.lines<ItemLine>('plan/wave-1/batch-0001.items.jsonl').map(({ id }) => id)).toEqual([1, 5, '5', 4]);
  });
});

describe('a plan is refused', () => {
  const kindOf = async (folder: Folder): Promise<string> => {
    const error = await folder.run().then(
      () => null,
      (each: unknown) => each,
    );
    expect(error).toBeInstanceOf(JobRefused);
    return error instanceof JobRefused ? error.kind : '';
  };

  test('when the dataset has no rows', async () => {
    expect(await kindOf(await folderWith('\n\n'))).toBe('dataset_empty');
  });

  test('when too many rows are, and then says which', async () => {
    const rows = [...makeRows(8), { id: 9 }, { id: 10 }];
    const refused = await folderWith(rows, { maxRejectRate: 0.1 });
    expect(await kindOf(refused)).toBe('too_many_rejects');
    expect(refused.lines('rejects.jsonl')).toHaveLength(2);
    expect(Object.keys(refused.digests())).not.toContain('plan/wave-1/manifest.jsonl');
    await expect(refused.run()).rejects.toThrow(
      /2 of 10 rows are refused.*2 missing_column[\s\S]*line 9: there is no column text/,
    );
    expect((await (await folderWith(rows, { maxRejectRate: 0.2 })).run()).items).toBe(8);
  });

  test('when all rows are', async () => {
    expect(await kindOf(await folderWith([{ id: 1 }], { maxRejectRate: 1 }))).toBe('too_many_rejects');
  });

  test('when the dataset is not the one that the job began with', async () => {
    const folder = await folderWith(makeRows(3));
    const sink = await folder.store.create('rows.jsonl');
    await sink.write(Buffer.from('{"text":"other"}\n'));
    await sink.close();
    expect(await kindOf(folder)).toBe('dataset_changed');
    await folder.store.remove('rows.jsonl');
    expect(await kindOf(folder)).toBe('dataset_changed');
  });
});

test('planning that is cancelled stops and leaves nothing', async () => {
  const folder = await folderWith(makeRows(3));
  const environment = quietEnvironment();
  const deps = {
    ...makeDeps(folder.store, openaiOffline),
    heavy: <T>(work: () => Promise<T>): Promise<T> => {
      environment.cancel();
      return work();
    },
  };
  await expect(environment.run(() => plan(deps, jobRef))).rejects.toThrow();
  expect(folder.digests()).toEqual({});
});
