// What a plan holds: checked line by line against the rows, the manifest and the keys that are written down.

import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planStart } from '../../../domain/job.ts';
import type { ItemLine, Json } from '../../../domain/outcome/outcome.ts';
import { JobRefused } from '../../../domain/refusal.ts';
import { canonicalJson } from '../../../domain/request/canonical-json.ts';
import { hashHex } from '../../../job-folder/identity.ts';
import { type ManifestEntry, readPage, readSummary } from '../../../job-folder/plan/manifest.ts';
import { anthropicOffline, type Folder, folderWith, makeRows, modelOfRow, nonce, output } from './planning.ts';

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
    expect(Number.parseInt(entry.requestsCrc32, 16)).toBe(crc32(folder.text(`${name}.requests.jsonl`)));
    expect(Number.parseInt(entry.itemsCrc32, 16)).toBe(crc32(folder.text(`${name}.items.jsonl`)));
    for (const [index, { key, customId, row }] of items.entries()) {
      expect(customId).toBe(`${hashHex(`${nonce}/1/${entry.batch}`, 8)}${key}`);
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

test('a plan loses, doubles and reorders nothing, and keeps to its limits', async () => {
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
        const places = [...planned, ...duplicates, ...refused.map(({ line }) => ({ row: line }))].map(({ row }) => row);
        expect(places.toSorted((a, b) => a - b)).toEqual(rows.map((_, index) => index + 1));
        for (const { row, body } of planned) {
          const { text, model } = rows[row - 1] ?? {};
          expect(body).toEqual({ model, messages: [{ role: 'user', content: text }] });
        }
        for (const { row, sameAs } of duplicates) expect(rows[row - 1]).toEqual(rows[sameAs - 1]);
        for (const { line, reason } of refused) {
          expect(reason, `line ${line}`).toMatch(/duplicate_id|request_too_large/);
        }
        for (const entry of folder.lines<ManifestEntry>('plan/wave-1/manifest.jsonl').slice(0, -1)) {
          expect(entry.items).toBeLessThanOrEqual(maxItems);
          expect(entry.bytes).toBeLessThanOrEqual(maxBytes);
        }
      },
    ),
    { numRuns: 30 },
  );
});

test('a plan is read back by pages and by its summary, and planning again finds it', async () => {
  const folder = await folderWith(makeRows(25), { batch: { maxItems: 10, maxBytes: 1e6, concurrency: 1 } });
  const summary = await folder.run();
  expect(summary).toMatchObject({ wave: 1, batches: 3, items: 25, rows: { rows: 25, accepted: 25 } });
  expect(await folder.run()).toEqual(summary);
  const first = await readPage(folder.store, output, 1, planStart, 2);
  expect(first.entries.map(({ batch, items }) => [batch, items])).toEqual([
    [1, 10],
    [2, 10],
  ]);
  const [one = '', two = ''] = folder.text('plan/wave-1/manifest.jsonl').split('\n');
  expect(first.next).toEqual({ batch: 3, byte: one.length + two.length + 2 });
  const last = await readPage(folder.store, output, 1, first.next ?? planStart, 2);
  expect([last.entries.map(({ batch, items }) => [batch, items]), last.next]).toEqual([[[3, 5]], null]);
  await expect(readPage(folder.store, output, 1, { batch: 2, byte: 0 }, 2)).rejects.toThrow('no batch at byte 0');
  expect(await readSummary(folder.store, output, 1)).toEqual(summary);
  expect(await readSummary(folder.store, output, 2)).toBeNull();
  expect(Object.keys(folder.digests()).filter((name) => name.includes('part-'))).toEqual([]);
});

describe('the plan of a wave', () => {
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
    expect(item?.key).toBe(hashHex(canonicalJson(whole), 24));
    expect(item?.key).toBe('0d7439ab1ccca19f78898c77');
  });

  test('gives batches different counts where a provider has no other way to tell them apart', async () => {
    const folder = await folderWith(
      makeRows(60),
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

describe('the estimate of a plan', () => {
  test('shows unknown prices as unknown, known ones by lane', async () => {
    const rows = makeRows(3).map((row) => ({ ...row, model: 'priced' }));
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
      { request: { max_tokens: '{{ n }}', messages: [{ role: 'user', content: '{{ text }}' }] } },
    );
    expect((await folder.run()).estimate.outputTokens).toBe(16);
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
