// How many output tokens are planned with: the request's own limit, otherwise its model's. What is unknown is never estimated too small.

import { expect, test } from 'vitest';
import type { ManifestEntry } from '../../../job-folder/plan/manifest.ts';
import { estimateOf } from '../estimate-of.ts';
import { catchRefusal } from '../open/world.ts';
import { answerLine, errorLine, runWhole } from '../whole-job.ts';
import { type Folder, folderWith, makeRows } from './planning.ts';

const unlimited = { messages: [{ role: 'user', content: '{{ text }}' }] };
const price = { input: 1, output: 10 };
const noMax = { priced: { batch: price, realtime: price } };
const prices = { priced: { ...noMax.priced, maxOutputTokens: 1000 } };

test('a request without a limit is estimated at the most that its model gives, once for each answer', async () => {
  const folder = await folderWith(makeRows(3), { request: { ...unlimited, n: 2 }, prices });
  const { estimate: planned } = await folder.run();
  expect(planned.outputTokens).toBe(6000);
  expect(planned.usd).toBeCloseTo((planned.inputTokens + 6000 * 10) / 1e6, 9);
  const { caveats } = await estimateOf(folder);
  expect(caveats.join()).toContain(
    'name no max_completion_tokens: each is estimated at the most that the model gives, 1000',
  );
});

test('what an estimate says of one thing is in the singular', async () => {
  const folder = await folderWith([...makeRows(3), ...makeRows(1)], { minBatchItems: 50, prices });
  await folder.run();
  const { caveats } = await estimateOf(folder);
  expect(caveats).toContain('1 small batch goes through the realtime lane, at its price');
  expect(caveats).toContain('1 row asks the same as another and is not sent again');
});

test('without a limit of either, the estimate is unknown, and says which field is missing', async () => {
  const folder = await folderWith(makeRows(3), { request: unlimited, prices: noMax });
  expect((await folder.run()).estimate).toMatchObject({ outputTokens: null, usd: null });
  const told = await estimateOf(folder);
  expect(told).toMatchObject({ outputTokens: null, usd: null, realtimeUsd: null });
  expect(told.caveats.join()).toContain('requests name no max_completion_tokens, and the most output tokens');
});

test('one item of unknown size makes the whole estimate unknown', async () => {
  const rows = [
    { text: 'a', most: 5 },
    { text: 'b', most: null },
    { text: 'c', most: 7 },
  ];
  const request = { ...unlimited, max_tokens: '{{ most }}' };
  const folder = await folderWith(rows, {
    request,
    prices: noMax,
    batch: { maxItems: 1, maxBytes: 1e8, concurrency: 1 },
  });
  const { estimate: planned } = await folder.run();
  expect(planned).toMatchObject({ outputTokens: null, usd: null });
  const each = folder.lines<ManifestEntry>('plan/wave-1/manifest.jsonl').slice(0, 3);
  expect(each.map(({ estimate: { outputTokens, usd } }) => [outputTokens, usd !== null])).toEqual([
    [5, true],
    [null, false],
    [7, true],
  ]);
  expect(await estimateOf(folder)).toMatchObject({ outputTokens: null, usd: null });
});

test('embeddings have no output, so nothing of their cost is unknown', async () => {
  const request = { model: 'priced', input: '{{ text }}' };
  const folder = await folderWith(makeRows(2), { request, endpoint: '/v1/embeddings', prices: noMax, budgetUsd: 1 });
  const { estimate: planned } = await folder.run();
  expect(planned.outputTokens).toBe(0);
  expect(planned.usd).toBeCloseTo(planned.inputTokens / 1e6, 9);
});

const readyMade = (id: string, change: object = {}) => ({
  custom_id: id,
  method: 'POST',
  url: '/v1/chat/completions',
  body: { model: 'priced', messages: [{ role: 'user', content: id }], ...change },
});
const readyMadeJob = { request: null, model: null };

test.each([
  ['budget', { budgetUsd: 1 }],
  ['fallback.maxUsd', { fallback: { lane: 'realtime', maxUsd: 1 } }],
] as const)(
  'with %s, a ready-made request without any known limit refuses the job, and names its row and field',
  async (cap, capped) => {
    const rows = [readyMade('a', { max_tokens: 5 }), readyMade('b')];
    const folder = await folderWith(rows, { ...readyMadeJob, ...capped, prices: noMax });
    const refusal = await catchRefusal(folder.run());
    expect(refusal.problems).toEqual([
      { where: 'max_completion_tokens', message: expect.stringMatching(/^row 2 names no `max_completion_tokens`/) },
    ]);
    expect(refusal.message).toContain(cap);
    expect(folder.lines('plan/wave-1/manifest.jsonl')).toEqual([]);
  },
);

test('with a budget, ready-made requests are planned if they or their models have a limit; without one, always', async () => {
  const limited = [readyMade('a', { max_tokens: 5 }), readyMade('b', { max_tokens: 6 })];
  const own = await folderWith(limited, { ...readyMadeJob, budgetUsd: 1, prices: noMax });
  expect((await own.run()).estimate.outputTokens).toBe(11);
  const ofModel = await folderWith([readyMade('a')], { ...readyMadeJob, budgetUsd: 1, prices });
  expect((await ofModel.run()).estimate.outputTokens).toBe(1000);
  const free = await folderWith([readyMade('a')], { ...readyMadeJob, prices: noMax });
  expect((await free.run()).estimate).toMatchObject({ outputTokens: null, usd: null });
});

const outputOfWave = (folder: Folder, wave: number): (number | null)[] =>
  folder
    .lines<ManifestEntry & { summary?: unknown }>(`plan/wave-${wave}/manifest.jsonl`)
    .flatMap(({ summary, estimate: { outputTokens } = { outputTokens: 0 } }) =>
      summary === undefined ? [outputTokens] : [],
    );

test('a retry round is estimated by the limits of its own rows, as the first wave was', async () => {
  const failFirst: Parameters<typeof runWhole>[1] = (wave, _, items) =>
    items.map(({ customId }) => (wave === 1 ? errorLine(customId, 500) : answerLine(customId, 'yes')));
  const rows = [3, 40].map((most) => ({ text: 'x', most }));
  const byRow = await folderWith(rows, { request: { ...unlimited, max_tokens: '{{ most }}' }, prices });
  const ready = await folderWith([readyMade('a', { max_tokens: 7 }), readyMade('b')], { ...readyMadeJob, prices });
  const fixed = await folderWith(makeRows(2), { request: { ...unlimited, max_tokens: 9 }, prices });
  const ofModel = await folderWith(makeRows(2), { request: unlimited, prices });
  for (const [folder, tokens] of [
    [byRow, 43],
    [ready, 1007],
    [fixed, 18],
    [ofModel, 2000],
  ] as const) {
    await runWhole(folder, failFirst);
    expect([outputOfWave(folder, 1), outputOfWave(folder, 2)]).toEqual([[tokens], [tokens]]);
  }
});

test('a job of an earlier version, whose prices name no maxima, takes those of the built-in prices', async () => {
  const older = { 'gpt-4o': { batch: price, realtime: price } };
  const folder = await folderWith(makeRows(1), {
    request: { ...unlimited, model: 'gpt-4o' },
    model: 'gpt-4o',
    prices: older,
  });
  expect((await folder.run()).estimate).toMatchObject({ outputTokens: 16_384, usd: expect.any(Number) });
});
