import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ManifestEntry } from '../../activities/batch-files.ts';
import { hexOf } from '../../activities/identity.ts';
import { plan, readManifest, readPlanSummary } from '../../activities/plan.ts';
import { JobRefused } from '../../activities/refusal.ts';
import { canonicalJson } from '../../domain/canonical-json.ts';
import type { ItemLine, Json } from '../../domain/outcome.ts';
import {
  anthropicOffline,
  depsOf,
  type Folder,
  folderWith,
  nonce,
  openaiOffline,
  output,
  quietEnvironment,
} from './planning.ts';

const modelOfRow = { model: '{{ model }}', messages: [{ role: 'user', content: '{{ text }}' }] };

interface PlannedRow {
  readonly row: number;
  readonly body: Json;
  readonly batch: number;
}

/** Every item that was planned, checked against its line of the requests file and against the manifest. */
function plannedRows(folder: Folder): PlannedRow[] {
  const entries = folder.lines<ManifestEntry>('plan/wave-1/manifest.jsonl').slice(0, -1);
  expect(entries.map(({ batch }) => batch)).toEqual(entries.map((_, index) => index + 1));
  return entries.flatMap((entry) => {
    const name = `plan/wave-1/batch-${String(entry.batch).padStart(4, '0')}`;
    const items = folder.lines<ItemLine>(`${name}.items.jsonl`);
    const requests = folder.lines<{ custom_id: string; url: string; body: { model: string } }>(
      `${name}.requests.jsonl`,
    );
    expect(requests.map(({ custom_id }) => custom_id)).toEqual(items.map(({ customId }) => customId));
    expect(entry).toMatchObject({ items: items.length, firstRow: items[0]?.row, lastRow: items.at(-1)?.row });
    expect(entry.bytes).toBe(Buffer.byteLength(folder.text(`${name}.requests.jsonl`)));
    expect(entry.requestsSha256).toBe(hexOf(folder.text(`${name}.requests.jsonl`), 64));
    expect(entry.itemsSha256).toBe(hexOf(folder.text(`${name}.items.jsonl`), 64));
    for (const [index, { key, customId, row }] of items.entries()) {
      expect(customId).toBe(`${hexOf(`${nonce}/1/${entry.batch}`, 8)}${key}`);
      expect(row).toBeGreaterThan(items[index - 1]?.row ?? 0);
      expect(requests[index]?.body.model).toBe(entry.model);
    }
    return items.map(({ row }, index) => ({ row, batch: entry.batch, body: requests[index]?.body ?? null }));
  });
}

const arbitraryRow = fc.record({
  id: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.string({ unit: 'binary', minLength: 1, maxLength: 5 })),
  text: fc.string({ unit: 'binary', maxLength: 40 }),
  model: fc.constantFrom('priced', 'b', 'c'),
});

describe('a plan', () => {
  test('loses, doubles and reorders nothing, and keeps to its limits', async () => {
    const limits = fc.record({
      maxItems: fc.integer({ min: 1, max: 8 }),
      maxBytes: fc.integer({ min: 300, max: 2000 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(arbitraryRow, { minLength: 1, maxLength: 40 }),
        limits,
        async (rows, { maxItems, maxBytes }) => {
          const batch = { maxItems, maxBytes, concurrency: 1 };
          const folder = await folderWith(rows, { request: modelOfRow, model: null, batch });
          const summary = await folder.run().catch((error: unknown) => error);
          if (summary instanceof JobRefused) return expect(summary.kind).toBe('too_many_rejects');
          const planned = plannedRows(folder);
          const refused = folder.lines<{ line: number; reason: string }>('rejects.jsonl');
          const duplicates = folder.lines<{ row: number; sameAs: number }>('plan/wave-1/duplicates.jsonl');
          const places = [...planned, ...duplicates, ...refused.map(({ line }) => ({ row: line }))].map(
            ({ row }) => row,
          );
          expect(places.toSorted((a, b) => a - b)).toEqual(rows.map((_, index) => index + 1));
          for (const { row, body } of planned) {
            const { text, model } = rows[row - 1] ?? {};
            expect(body).toEqual({ model, messages: [{ role: 'user', content: text }] });
          }
          for (const { row, sameAs } of duplicates) expect(rows[row - 1]).toEqual(rows[sameAs - 1]);
          for (const { line, reason } of refused)
            expect(reason, `line ${line}`).toMatch(/duplicate_id|request_too_large/);
          for (const entry of folder.lines<ManifestEntry>('plan/wave-1/manifest.jsonl').slice(0, -1)) {
            expect(entry.items).toBeLessThanOrEqual(maxItems);
            expect(entry.bytes).toBeLessThanOrEqual(maxBytes);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  test('is read back by pages and by its summary, and planning again finds it', async () => {
    const folder = await folderWith(rowsOf(25), { batch: { maxItems: 10, maxBytes: 1e6, concurrency: 1 } });
    const summary = await folder.run();
    expect(summary).toMatchObject({ wave: 1, batches: 3, items: 25, rows: { rows: 25, accepted: 25 } });
    const deps = { ...depsOf(folder.store, openaiOffline) };
    expect(await folder.run()).toEqual(summary);
    const pages = [
      await readManifest(deps, { output, wave: 1, from: 1, count: 2 }),
      await readManifest(deps, { output, wave: 1, from: 3, count: 2 }),
    ];
    expect(pages.map((page) => page.map(({ batch, items }) => [batch, items]))).toEqual([
      [
        [1, 10],
        [2, 10],
      ],
      [[3, 5]],
    ]);
    expect(await readPlanSummary(deps, { output, wave: 1 })).toEqual(summary);
    expect(await readPlanSummary(deps, { output, wave: 2 })).toBeNull();
    expect(Object.keys(folder.digests()).filter((name) => name.includes('part-'))).toEqual([]);
  });

  test('holds the bytes that are sent, in the template’s own order of keys', async () => {
    const folder = await folderWith([{ id: 'a', text: 'x "y" \u2028 \\ 🦉' }], {
      request: { z: 1, model: 'priced', a: ['{{ text }}'] },
    });
    await folder.run();
    const [item] = folder.lines<ItemLine>('plan/wave-1/batch-0001.items.jsonl');
    expect(folder.text('plan/wave-1/batch-0001.requests.jsonl')).toBe(
      `{"custom_id":"${item?.customId}","method":"POST","url":"/v1/chat/completions","body":{"z":1,"model":"priced","a":["x \\"y\\" \u2028 \\\\ 🦉"]}}\n`,
    );
  });

  test('gives a row the key that is written down, and no other', async () => {
    const schema = { type: 'object', properties: { b: {}, a: {} } };
    const folder = await folderWith([{ id: 'a', text: 'hi' }], { schema });
    await folder.run();
    const [item] = folder.lines<ItemLine>('plan/wave-1/batch-0001.items.jsonl');
    const request = { model: 'priced', messages: [{ role: 'user', content: 'hi' }], max_completion_tokens: 16 };
    const whole = { id: 'a', provider: 'openai', endpoint: '/v1/chat/completions', request, schema };
    expect(item?.key).toBe(hexOf(canonicalJson(whole), 24));
    expect(item?.key).toBe('0d7439ab1ccca19f78898c77');
  });

  test('shows unknown prices as unknown, known ones by lane', async () => {
    const rows = rowsOf(3).map((row) => ({ ...row, model: 'priced' }));
    const batch = await folderWith(rows, { request: { ...modelOfRow, max_tokens: 100 } });
    const tiny = await folderWith(rows, { request: { ...modelOfRow, max_tokens: 100 }, minBatchItems: 4 });
    const other = await folderWith(rows, { model: 'nobody-knows' });
    const [a, b, c] = [await batch.run(), await tiny.run(), await other.run()];
    expect(a.estimate.outputTokens).toBe(300);
    expect(a.estimate.usd).toBeCloseTo((a.estimate.inputTokens * 1 + 300 * 10) / 1e6, 9);
    expect(b.estimate.usd).toBeCloseTo(2 * (a.estimate.usd ?? 0), 9);
    expect(c.estimate.usd).toBeNull();
    expect(tiny.lines<ManifestEntry>('plan/wave-1/manifest.jsonl')[0]?.lane).toBe('realtime');
  });

  test('takes a token limit from the row where the template says so', async () => {
    const folder = await folderWith(
      [
        { text: 'a', n: 7 },
        { text: 'b', n: 9 },
      ],
      { request: { max_tokens: '{{ n }}', messages: [] } },
    );
    expect((await folder.run()).estimate.outputTokens).toBe(16);
  });

  test('gives batches different counts where a provider has no other way to tell them apart', async () => {
    const folder = await folderWith(
      rowsOf(60),
      { batch: { maxItems: 10, maxBytes: 1e6, concurrency: 1 } },
      anthropicOffline,
    );
    await folder.run();
    const entries = folder.lines<ManifestEntry>('plan/wave-1/manifest.jsonl').slice(0, -1);
    expect(entries.map(({ items }) => items)).toEqual([10, 9, 8, 7, 6, 5, 10, 5]);
  });

  test('keeps few files open: the batch that was not used for longest is closed early', async () => {
    const rows = Array.from({ length: 40 }, (_, index) => ({ text: 'x', model: `m${index % 20}` }));
    const folder = await folderWith(rows, { request: modelOfRow, model: null });
    expect((await folder.run()).batches).toBe(40);
    expect(
      plannedRows(folder)
        .map(({ row }) => row)
        .toSorted((a, b) => a - b),
    ).toEqual(rows.map((_, index) => index + 1));
  });
});

const rowsOf = (count: number): { id: number; text: string }[] =>
  Array.from({ length: count }, (_, index) => ({ id: index + 1, text: `text ${index + 1}` }));

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
    const rejects = folder.lines<{ line: number; reason: string; message: string }>('rejects.jsonl');
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
    expect(rejects[4]?.message).toBe('line 7: there is no column text');
    expect(rejects[10]?.message).toContain('row 1 has the same id');
    expect(folder.lines('plan/wave-1/duplicates.jsonl')).toEqual([{ row: 13, id: 'good', sameAs: 1 }]);
    expect(summary.rows).toEqual({ rows: 14, accepted: 1, refused: 12, duplicates: 1, carriedOver: 0 });
  });

  test('of more than 32 MB is refused and the next one is not', async () => {
    const folder = await folderWith(`{"text":"${'x'.repeat(33 * 1024 * 1024)}"}\n{"text":"y"}\n`);
    expect((await folder.run()).rows).toMatchObject({ accepted: 1, refused: 1 });
    expect(folder.lines('rejects.jsonl')).toMatchObject([{ line: 1, reason: 'row_too_large' }]);
  });

  test('with a model too many is refused', async () => {
    const rows = Array.from({ length: 70 }, (_, index) => ({ text: 'x', model: `m${index}` }));
    const folder = await folderWith(rows, { request: modelOfRow, model: null });
    expect((await folder.run()).rows).toMatchObject({ accepted: 64, refused: 6 });
    expect(folder.lines('rejects.jsonl')[0]).toMatchObject({ line: 65, reason: 'too_many_models' });
  });

  test('that was refused is no duplicate’s original', async () => {
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
    const rows = [...rowsOf(8), { id: 9 }, { id: 10 }];
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
    const folder = await folderWith(rowsOf(3));
    const sink = await folder.store.create('rows.jsonl');
    await sink.write(Buffer.from('{"text":"other"}\n'));
    await sink.close();
    expect(await kindOf(folder)).toBe('dataset_changed');
    await folder.store.remove('rows.jsonl');
    expect(await kindOf(folder)).toBe('dataset_changed');
  });
});

describe('ready-made request lines', () => {
  test('go to OpenAI as they are, one model and endpoint in a batch', async () => {
    const line = (id: string, model: string, url = '/v1/chat/completions') => ({
      custom_id: id,
      method: 'POST',
      url,
      body: { model, messages: [{ role: 'user', content: id }] },
    });
    const rows = [
      line('a', 'priced'),
      line('b', 'other'),
      line('c', 'priced'),
      { custom_id: 'd' },
      line('a', 'priced'),
    ];
    const folder = await folderWith(rows, { request: null, model: null });
    expect((await folder.run()).rows).toEqual({ rows: 5, accepted: 3, refused: 1, duplicates: 1, carriedOver: 0 });
    expect(plannedRows(folder)).toEqual([
      { row: 1, batch: 1, body: rows[0] && 'body' in rows[0] ? rows[0].body : null },
      { row: 3, batch: 1, body: line('c', 'priced').body },
      { row: 2, batch: 2, body: line('b', 'other').body },
    ]);
    expect(folder.lines<ItemLine>('plan/wave-1/batch-0001.items.jsonl').map(({ id }) => id)).toEqual(['a', 'c']);
    expect(folder.lines('rejects.jsonl')).toMatchObject([{ line: 4, reason: 'bad_request_line' }]);
  });

  test('go to Anthropic as they are', async () => {
    const line = (id: string, model: string) => ({
      custom_id: id,
      params: { model, max_tokens: 5, messages: [{ role: 'user', content: id }] },
    });
    const folder = await folderWith([line('a', 'x'), line('b', 'y')], { request: null, model: null }, anthropicOffline);
    const summary = await folder.run();
    expect(summary).toMatchObject({ batches: 2, items: 2, estimate: { outputTokens: 10 } });
    expect(folder.lines('plan/wave-1/batch-0002.requests.jsonl')).toMatchObject([{ params: line('b', 'y').params }]);
  });
});

describe('reuse', () => {
  test('carries over what was answered under the same key, in row order, and plans the rest', async () => {
    const before = await folderWith(rowsOf(40));
    await before.run();
    const items = before.lines<ItemLine>('plan/wave-1/batch-0001.items.jsonl');
    const result = ({ row, id, key, customId }: ItemLine) => ({
      ...{ id, row, status: row % 4 === 0 ? 'failed' : 'answered', output: `answer ${row}`, usage: null, costUsd: 0.5 },
      ...{ attempts: 1, lane: 'batch', model: 'm', finishReason: 'stop', batchId: 'b', key, customId },
    });
    // Backwards, so that reading has to go back again and again.
    const results = items
      .map(result)
      .reverse()
      .map((line) => `${JSON.stringify(line)}\n`)
      .join('');
    const folder = await folderWith([...rowsOf(41), rowsOf(1)[0] ?? null], { reuse: 'earlier/results.jsonl' });
    const sink = await folder.store.create('earlier/results.jsonl');
    await sink.write(Buffer.from(`not json\n${results}`));
    await sink.close();
    const summary = await folder.run();
    expect(summary.rows).toEqual({ rows: 42, accepted: 11, refused: 0, duplicates: 1, carriedOver: 30 });
    const carried = folder.lines<{ row: number }>('answers/wave-0/batch-0001.jsonl');
    expect(carried.map(({ row }) => row)).toEqual(items.map(({ row }) => row).filter((row) => row % 4 !== 0));
    expect(carried[0]).toEqual({
      ...{ row: 1, id: 1, key: items[0]?.key, customId: items[0]?.customId, kind: 'answered', output: 'answer 1' },
      ...{ usage: null, costUsd: 0, finishReason: 'stop', model: 'm', carried: { lane: 'batch', batchId: 'b' } },
    });
  });
});

test('planning that is cancelled stops and leaves nothing', async () => {
  const folder = await folderWith(rowsOf(3));
  const environment = quietEnvironment();
  const deps = {
    ...depsOf(folder.store, openaiOffline),
    heavy: <T>(work: () => Promise<T>): Promise<T> => {
      environment.cancel();
      return work();
    },
  };
  await expect(environment.run(() => plan(deps, { output }))).rejects.toThrow();
  expect(folder.digests()).toEqual({});
});
