// The tokens of a plan: counted in a sample with the model's own tokenizer, the same for every planner, and never less than four bytes each.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { expect, test } from 'vitest';
import { createMeter } from '../../activities/realtime/meter.ts';
import { customId, itemKey } from '../../domain/ids.ts';
import { estimateUsd, findReservePrice } from '../../domain/money/cost.ts';
import type { ManifestEntry } from '../../job-folder/plan/manifest.ts';
import type { Store } from '../../storage/store.ts';
import { createThreads, type Threads } from '../../threads/pool.ts';
import { sharedThreads } from '../support/shared-threads.ts';
import { estimateOf } from './estimate-of.ts';
import { died, withoutParts } from './plan/dying-store.ts';
import { anthropicOffline, type Folder, folderWith, openaiOffline, output } from './plan/planning.ts';
import { answerLine, errorLine, runWhole } from './whole-job.ts';

const request = {
  model: '{{ model }}',
  messages: [{ role: 'user', content: '{{ text }}' }],
  max_completion_tokens: 16,
};
const batch = { maxItems: 400, maxBytes: 200_000_000, concurrency: 10 };
const price = { batch: { input: 1, output: 10 }, realtime: { input: 2, output: 20 } };
const prices = { 'gpt-4o': price, 'gpt-4.1-mini': price };

const phrases = ['东京今天下雨，请带伞。', 'The parcel arrived.', '0192837465', 'for (const a of b) c(a);'];
const makeRows = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    text: `${index} ${(phrases[index % 3 === 0 ? 0 : index % phrases.length] ?? '').repeat(1 + (index % 7))}`,
    model: index % 5 === 0 ? 'gpt-4.1-mini' : 'gpt-4o',
  }));

const makeFolder = (count: number): Promise<Folder> =>
  folderWith(makeRows(count), { request, model: null, batch, prices });

const listEntries = (folder: Folder): ManifestEntry[] =>
  folder.lines<ManifestEntry>('plan/wave-1/manifest.jsonl').slice(0, -1);

/** A request of one message takes 7 more than its text. */
const countRow = ({ text }: { text: string }): number => countTokens(text) + 7;

test('a small plan estimates at least the tokens that its model counts', async () => {
  const folder = await makeFolder(90);
  const { tokenRatios, estimate } = await folder.run();
  expect(tokenRatios?.map(({ model, rows }) => [model, rows])).toEqual([
    ['gpt-4.1-mini', 18],
    ['gpt-4o', 72],
  ]);
  for (const entry of listEntries(folder)) {
    const counted = makeRows(90)
      .filter(({ model }) => model === entry.model)
      .reduce((sum, each) => sum + countRow(each), 0);
    expect(entry.estimate.inputTokens).toBeGreaterThanOrEqual(counted);
  }
  expect(estimate.inputTokens).toBe(listEntries(folder).reduce((sum, each) => sum + each.estimate.inputTokens, 0));
});

/** A digit and a comma are two tokens. */
const makeNumbers = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ text: `${index}:${'3,1,4,1,5,'.repeat(12)}` }));

test('where four bytes are more than a token, tokens and cost grow by the upper end of the ratio', async () => {
  const rows = makeNumbers(60);
  const model = 'gpt-4o';
  const folder = await folderWith(rows, { model, batch, prices });
  const { tokenRatios = [] } = await folder.run();
  const [entry] = listEntries(folder);
  const counted = rows.reduce((sum, each) => sum + countRow(each), 0);
  const [found] = tokenRatios;
  expect(found?.ratio).toBeGreaterThan(1.1);
  expect(entry?.estimate.tokenFactor).toBe(found?.high);
  expect(entry?.estimate.inputTokens).toBeGreaterThanOrEqual(counted);
  expect(entry?.estimate.inputTokens).toBeLessThan(counted * 1.001);
  const usd = ((entry?.estimate.inputTokens ?? 0) * 1 + (entry?.estimate.outputTokens ?? 0) * 10) / 1e6;
  expect(entry?.estimate.usd).toBeCloseTo(usd, 9);
});

test('a strict budget reserves each byte as a token, its whole output limit, and the highest price of input', async () => {
  const rows = makeNumbers(60);
  const model = 'gpt-4o';
  const cached = { [model]: { ...price, batch: { ...price.batch, cacheWrite: 1.25 } } };
  const folder = await folderWith(rows, { model, batch, prices: cached, strictBudget: true });
  await folder.run();
  const [entry] = listEntries(folder);
  const { inputTokens = 0, outputTokens = 0, usd = 0, tokenFactor = 1 } = entry?.estimate ?? {};
  const bodies = rows.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  // What a sample shows makes more of the tokens, and their cost is the most that it may be already.
  const sized = inputTokens / tokenFactor;
  expect(4 * sized).toBeGreaterThanOrEqual(bodies);
  expect(outputTokens).toBe(60 * 16);
  expect(usd).toBeCloseTo((4 * 1.25 * sized + 10 * (outputTokens ?? 0)) / 1e6, 5);
});

test('a strict budget does not make more of the tokens that limits of the provider count', async () => {
  const given = { model: 'gpt-4o', batch };
  const [strict, plain] = [
    await folderWith(makeNumbers(60), { ...given, strictBudget: true }),
    await folderWith(makeNumbers(60), given),
  ];
  for (const folder of [strict, plain]) await folder.run();
  expect(listEntries(strict)[0]?.estimate.inputTokens).toBe(listEntries(plain)[0]?.estimate.inputTokens);
});

test('a strict budget reserves the price of long prompts if the bytes of a prompt may be so many tokens', () => {
  const longContext = { above: 1000, inputFactor: 2, outputFactor: 1.5 };
  const long = { long: { ...price, longContext } };
  const cost = (inputTokens: number) =>
    estimateUsd({ inputTokens, outputTokens: 10 }, 'batch', findReservePrice('long', long, true));
  expect(cost(250)).toBeCloseTo((1000 * 1 + 10 * 10) / 1e6, 12);
  expect(cost(251)).toBeCloseTo((1004 * 1 * 2 + 10 * 10 * 1.5) / 1e6, 12);
});

test('a realtime call reserves by a strict budget what it may cost, and counts with its tokens', () => {
  const body = JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: 'x' }], max_tokens: 5 });
  const line = Buffer.from(
    openaiOffline.encode(customId('0'.repeat(8), itemKey('0'.repeat(24))), body, '/v1/chat/completions'),
  );
  const call = { model: 'gpt-4o', endpoint: '/v1/chat/completions', tokenFactor: 1.5 };
  const input = Math.ceil(line.length / 4);
  expect(createMeter(openaiOffline, { prices, spec: { strictBudget: true } }, call).estimate(line)).toEqual({
    tokens: Math.ceil(1.5 * input) + 5,
    nanoUsd: (2 * 4 * input + 20 * 5) * 1000,
  });
});

test('a provider whose tokenizers are not known keeps four bytes for a token', async () => {
  const claude = { 'claude-sonnet-5': price };
  const content = { messages: [{ role: 'user', content: '{{ text }}' }], max_tokens: 16 };
  const change = { model: 'claude-sonnet-5', request: content, prices: claude };
  const folder = await folderWith(makeNumbers(60), change, anthropicOffline);
  expect(await folder.run()).not.toHaveProperty('tokenRatios');
  const [entry] = listEntries(folder);
  expect(entry?.estimate).not.toHaveProperty('tokenFactor');
  expect(entry?.estimate.inputTokens).toBeGreaterThan(60);
});

test('rows with images have no part in the ratio', async () => {
  const content = [
    { type: 'text', text: '{{ text }}' },
    { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
  ];
  const change = { model: 'gpt-4o', request: { messages: [{ role: 'user', content }] }, prices };
  expect(await (await folderWith(makeNumbers(60), change)).run()).not.toHaveProperty('tokenRatios');
});

const manyRows = makeRows(3500).map(({ text }) => ({ text }));
const makeLarge = (): Promise<Folder> => folderWith(manyRows, { model: 'gpt-4o', batch, prices });

test('the plan is the same with one thread and with several', async () => {
  const plans: Record<string, string>[] = [];
  for (const size of [1, 3]) {
    const threads = createThreads(size);
    const folder = await makeLarge();
    await folder.run({ threads }).finally(() => threads.close());
    plans.push(folder.digests());
  }
  expect(plans[0]).toEqual(plans[1]);
});

test('if the thread that counts dies, the attempt fails; the next one comes to the same plan, and no row is refused', async () => {
  const [whole, disturbed] = [await makeLarge(), await makeLarge()];
  const threads = createThreads(1, { heapMb: 24 });
  await expect(disturbed.run({ threads }).finally(() => threads.close())).rejects.toThrow('while it did countTokens');
  expect(await disturbed.run()).toEqual(await whole.run());
  expect(disturbed.digests()).toEqual(whole.digests());
});

test('a plan without anything to count starts no thread for it', async () => {
  const asked: string[] = [];
  const threads: Threads = {
    ...sharedThreads,
    run: (name, input) => {
      asked.push(name);
      return sharedThreads.run(name, input);
    },
  };
  const folder = await folderWith(makeNumbers(60), { model: 'made-up', batch, prices });
  await folder.run({ threads });
  expect(new Set(asked)).toEqual(new Set(['renderRows']));
});

const withoutManifest = ({ store }: Folder): Store => ({
  ...store,
  create: async (uri, options) => {
    if (uri.endsWith('manifest.jsonl')) throw died();
    return store.create(uri, options);
  },
});

test('a planner that resumes comes to the same ratio', async () => {
  const [whole, resumed] = [await makeLarge(), await makeLarge()];
  const summary = await whole.run();
  expect(summary.tokenRatios?.[0]?.rows).toBeLessThan(manyRows.length / 2);
  await expect(resumed.run({ store: withoutManifest(resumed), partRows: 400 })).rejects.toThrow();
  expect(await resumed.run({ partRows: 400 })).toEqual(summary);
  expect(withoutParts(resumed.digests())).toEqual(withoutParts(whole.digests()));
});

test('after a planner of an earlier version, which counted nothing, there is no ratio', async () => {
  const folder = await makeLarge();
  await expect(folder.run({ store: withoutManifest(folder), partRows: 400 })).rejects.toThrow();
  const parts = Object.keys(folder.digests()).filter((path) => /part-\d+\.json$/.test(path));
  expect(parts.length).toBeGreaterThan(2);
  for (const path of parts) {
    const { tokens: _, ...part } = JSON.parse(folder.text(path));
    await writeFile(join(folder.root, output, path), JSON.stringify(part));
  }
  expect(await folder.run({ partRows: 400 })).not.toHaveProperty('tokenRatios');
});

test('a later wave is estimated by the ratio of the first', async () => {
  const folder = await folderWith(makeNumbers(60), { model: 'gpt-4o', batch, prices });
  await runWhole(folder, (wave, _, items) =>
    items.map((item) => (wave === 1 && item.row > 50 ? errorLine(item.customId, 500) : answerLine(item.customId, 'x'))),
  );
  const [first, second] = [1, 2].map((wave) => folder.lines<ManifestEntry>(`plan/wave-${wave}/manifest.jsonl`)[0]);
  expect(second?.items).toBe(10);
  expect(second?.estimate.tokenFactor).toBe(first?.estimate.tokenFactor);
  expect(second?.estimate.inputTokens).toBeGreaterThan(10 * countRow({ text: '3,1,4,1,5,'.repeat(12) }));
});

test('an estimate tells what to expect, and how it was counted', async () => {
  const folder = await folderWith(makeRows(90), { request, model: null, batch, prices: { ...prices, other: price } });
  const counted = makeRows(90).reduce((sum, row) => sum + countRow(row), 0);
  const { tokenRatios = [] } = await folder.run();
  const { expectedTokens, inputTokens, caveats } = await estimateOf(folder);
  expect(tokenRatios).toHaveLength(2);
  expect(expectedTokens?.low).toBeLessThanOrEqual(counted);
  expect(expectedTokens?.high).toBeGreaterThanOrEqual(counted);
  expect(inputTokens).toBeGreaterThanOrEqual(expectedTokens?.high ?? Number.POSITIVE_INFINITY);
  expect(caveats.join()).toContain('input tokens of gpt-4.1-mini, gpt-4o were counted in 90 rows');
  expect(caveats.join()).not.toContain('at four bytes each, because');
});

test('the realtime lane reserves by the factor of its batch', () => {
  const body = JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: 'x' }], max_tokens: 5 });
  const name = customId('0'.repeat(8), itemKey('0'.repeat(24)));
  const line = Buffer.from(openaiOffline.encode(name, body, '/v1/chat/completions'));
  const call = { model: 'gpt-4o', endpoint: '/v1/chat/completions' };
  const plain = createMeter(openaiOffline, { prices, spec: {} }, call).estimate(line);
  const wide = createMeter(openaiOffline, { prices, spec: {} }, { ...call, tokenFactor: 3 }).estimate(line);
  const input = Math.ceil(line.length / 4);
  expect(plain).toEqual({ tokens: input + 5, nanoUsd: (2 * input + 20 * 5) * 1000 });
  expect(wide).toEqual({ tokens: 3 * input + 5, nanoUsd: (2 * 3 * input + 20 * 5) * 1000 });
});
