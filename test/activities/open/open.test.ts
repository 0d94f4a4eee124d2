// A wrong job is refused immediately with every problem, and nothing is written; a right one is claimed once.

import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { noLimits } from '../../../domain/dispatch/limits.ts';
import { type Store, StoreError } from '../../../storage/store.ts';
import { job, world, written } from './world.ts';

test.each([
  [undefined, 'no input'],
  [null, 'input'],
  ['{"dataset":"x"}', 'as JSON, not as text'],
  [[], 'input'],
  [{}, 'empty object'],
  [{ ...job, datset: 'x' }, 'datset'],
  [{ ...job, batch: { maxItems: 'many' } }, 'batch.maxItems'],
  [{ ...job, dataset: '../rows.jsonl' }, 'dataset'],
  [{ ...job, dataset: '/etc/passwd' }, 'dataset'],
  [{ ...job, dataset: 's3://bucket/rows.jsonl' }, 'dataset'],
  [{ ...job, dataset: 'rows.csv' }, 'dataset'],
  [{ ...job, dataset: 'nothing.jsonl' }, 'there is no file nothing.jsonl'],
  [{ ...job, provider: 'opanai' }, 'did you mean `openai`'],
  [{ ...job, output: '../elsewhere/' }, 'output'],
  [{ ...job, team: 'a' }, 'team'],
  [{ job: 'nowhere.json' }, 'nowhere.json'],
  [{ job: '../x.json' }, '../x.json'],
])('%j is refused with where and what, and nothing is written', async (input, words) => {
  const at = await world();
  const { message } = await at.refusal(input);
  expect(message).toContain(words);
  expect(existsSync(join(at.root, 'runs'))).toBe(false);
});

test('all problems are named together', async () => {
  const at = await world();
  const wrong = { ...job, provider: 'nobody', retry: { rounds: -1 }, extra: 1, poll: { initial: 'soon' } };
  const { problems } = await at.refusal(wrong);
  expect(problems.map(({ where }) => where).toSorted()).toEqual(['extra', 'poll.initial', 'provider', 'retry.rounds']);
});

test('an id that leaves no room for the ids of its batches is refused, in the bytes that Temporal counts', async () => {
  const at = await world();
  const { message } = await at.refusal(job, { workflowId: '仕'.repeat(301) });
  expect(message).toBe('id: is 903 bytes; the id of a job has at most 900');
  await at.open(job, { workflowId: '仕'.repeat(300) });
});

test('model, key, file and price are checked too', async () => {
  expect((await (await world('unknown_model')).refusal(job)).kind).toBe('unknown_model');
  expect((await (await world('bad_key')).refusal(job)).message).toContain('set a working OPENAI_API_KEY');
  expect((await (await world('ok', false)).refusal(job)).message).toContain('OPENAI_API_KEY');
  const at = await world();
  writeFileSync(join(at.root, 'empty.jsonl'), '');
  expect((await at.refusal({ ...job, dataset: 'empty.jsonl' })).kind).toBe('dataset_empty');
  mkdirSync(join(at.root, 'folder.jsonl'));
  expect((await at.refusal({ ...job, dataset: 'folder.jsonl' })).message).toContain('folder.jsonl');
  expect((await at.refusal({ ...job, model: 'free', budget: { usd: 1 } })).message).toContain('no price is known');
  expect((await at.refusal({ ...job, model: 'free', fallback: { maxUsd: 1 } })).problems).toMatchObject([
    { where: 'fallback.maxUsd' },
  ]);
});

test('a bucket of the account that cannot be used is refused, with the setting to correct', async () => {
  const at = await world();
  const { store } = at.deps;
  const create: Store['create'] = async (uri, options) => {
    if (uri.startsWith('gone/')) throw new StoreError('no_bucket', uri);
    return store.create(uri, options);
  };
  const list: Store['list'] = (uri, signal) => store.list(uri.startsWith('blind/') ? 'nothing/' : uri, signal);
  const refusalOf = (folder: string) => {
    Object.assign(at.deps, { store: { ...store, create, list }, bucket: () => folder });
    return at.refusal(job);
  };
  const { kind, message } = await refusalOf('gone/f/');
  expect(kind).toBe('no_bucket');
  expect(message).toMatch(
    /the setting `bucket` of openai, account default: gone\/f\/checkups\/\w+: the bucket does not/,
  );
  expect(await refusalOf('blind/')).toMatchObject({
    kind: 'no_bucket',
    message: expect.stringContaining('does not show'),
  });
});

test('a budget with a model whose maximum is not known refuses a request without a limit, by the field that fixes it', async () => {
  const at = await world();
  const capped = { ...job, budget: { usd: 1 } };
  const refusal = await at.refusal(capped);
  expect(refusal.problems).toEqual([
    {
      where: 'request.max_completion_tokens',
      message: expect.stringContaining('`maxOutputTokens` in NIGHTSHIFT_PRICES'),
    },
  ]);
  expect((await at.invalid(capped)).problems).toEqual(refusal.problems);
  expect((await at.refusal({ ...job, fallback: { maxUsd: 1 } })).message).toContain(
    'fallback.maxUsd cannot be enforced',
  );
  expect((await at.refusal({ ...capped, endpoint: '/v1/responses' })).problems).toMatchObject([
    { where: 'request.max_output_tokens' },
  ]);
  expect(existsSync(join(at.root, 'runs'))).toBe(false);
});

test.each([
  ['a limit in the request', { request: { ...job.request, max_completion_tokens: 5 } }],
  ['a limit from the row', { request: { ...job.request, max_completion_tokens: '{{ id }}' } }],
  ['an endpoint without output', { endpoint: '/v1/embeddings' }],
  ['a fallback that is never run', { budget: undefined, fallback: { lane: 'none', maxUsd: 1 } }],
  ['no cap at all', { budget: undefined }],
])('with %s nothing needs to be known of the model', async (_, change) => {
  const at = await world();
  await expect(at.open({ ...job, budget: { usd: 1 }, ...change })).resolves.toMatchObject({ output: 'runs/tickets/' });
});

test('the maximum of the model in the prices is enough for a budget, and is pinned with them', async () => {
  const at = await world();
  const { m } = at.deps.prices.models;
  if (m === undefined) throw new Error('the price is gone');
  Object.assign(at.deps.prices.models, { m: { ...m, maxOutputTokens: 100 } });
  await at.open({ ...job, budget: { usd: 1 } });
  expect(written(at)?.prices).toMatchObject({ m: { maxOutputTokens: 100 } });
});

test.skipIf(process.getuid?.() === 0)('a dataset without read permission is refused as unreadable', async () => {
  const at = await world();
  chmodSync(join(at.root, 'rows.jsonl'), 0);
  expect((await at.refusal(job)).kind).toBe('dataset_unreadable');
});

test.each(['a/../b', 'a/b', 'a:b', '..', 'café ☕', 'x'.repeat(300)])(
  'workflow id %s has an output of its own below runs/',
  async (workflowId) => {
    const at = await world();
    const { output } = await at.open(job, { workflowId });
    expect(output).toMatch(/^runs\/[^/\\:]+\/$/);
    expect(output.split('/')).not.toContain('..');
    expect(written(at, output)?.claim.workflowId).toBe(workflowId);
    const another = await at.open(job, { workflowId: `${workflowId}2`, firstRunId: 'other' });
    expect(another.output).not.toBe(output);
  },
);

test('the same run finds its claim again; another run is refused, with the ways forward', async () => {
  const at = await world();
  const first = await at.open(job);
  expect(await at.open(job)).toEqual(first);
  at.openWorkflows.add('tickets');
  expect(written(at)?.claim.nonce).toBe('1'.padStart(32, '0'));
  const { kind, message } = await at.refusal(job, { firstRunId: 'run-2' });
  expect(kind).toBe('output_claimed');
  for (const way of ['output', 'reuse', 'resumeFrom']) expect(message).toContain(way);
});

test('a dead job is taken over with the nonce of its plan, by one taker only, and only when it is dead and unfinished', async () => {
  const at = await world();
  await at.open(job);
  const taker = { workflowId: 'second', firstRunId: 'run-2' };
  const from = { resumeFrom: 'runs/tickets/' };
  at.openWorkflows.add('tickets');
  expect((await at.refusal(from, taker)).kind).toBe('still_running');
  at.openWorkflows.clear();
  expect((await at.open(from, taker)).output).toBe('runs/tickets/');
  expect(written(at)).toMatchObject({
    claim: { workflowId: 'second' },
    planNonce: '1'.padStart(32, '0'),
    takenOver: [{ workflowId: 'tickets', nonce: '1'.padStart(32, '0') }],
  });
  expect(written(at)?.claim.nonce).not.toBe(written(at)?.planNonce);
  expect((await at.open(from, taker)).output).toBe('runs/tickets/');
  at.openWorkflows.add('second');
  expect((await at.refusal(from, { workflowId: 'third', firstRunId: 'run-3' })).kind).toBe('still_running');
  at.openWorkflows.clear();
  writeFileSync(join(at.root, 'runs/tickets/report.json'), '{}');
  expect((await at.refusal(from, { workflowId: 'third', firstRunId: 'run-3' })).message).toContain('reuse');
  expect((await at.refusal({ resumeFrom: 'runs/nobody/' }, taker)).kind).toBe('nothing_to_resume');
});

test('a winner that ended before it wrote its claim is passed over', async () => {
  const at = await world();
  await at.open(job);
  writeFileSync(
    join(at.root, 'runs/tickets/takeover-1.json'),
    JSON.stringify({ workflowId: 'dead', firstRunId: 'dead', nonce: 'x', claimedAt: '' }),
  );
  at.openWorkflows.add('dead');
  const taker = { workflowId: 'second', firstRunId: 'run-2' };
  expect((await at.refusal({ resumeFrom: 'runs/tickets/' }, taker)).kind).toBe('still_running');
  at.openWorkflows.clear();
  expect((await at.open({ resumeFrom: 'runs/tickets/' }, taker)).output).toBe('runs/tickets/');
  expect(written(at)?.claim.workflowId).toBe('second');
});

test('of several takeovers at the same instant, one wins', async () => {
  const at = await world();
  await at.open(job);
  const takers = ['a', 'b', 'c'].map((workflowId) => {
    at.openWorkflows.add(workflowId);
    return at.open({ resumeFrom: 'runs/tickets/' }, { workflowId, firstRunId: workflowId });
  });
  const ends = await Promise.allSettled(takers);
  expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('a job warns of old prices when it starts, and before', async () => {
  const at = await world();
  const startedAt = Date.parse('2026-06-01');
  const warnings = [expect.stringMatching(/^the prices are of 2026-01-01, 151 days ago/)];
  expect(await at.valid(job, { startedAt })).toMatchObject({ warnings });
  expect(await at.open(job, { startedAt })).toMatchObject({ warnings });
});

test('a tenant that the worker does not know is named, and has a weight of 1', async () => {
  const at = await world();
  Object.assign(at.deps, { tenants: { known: { weight: 3 } } });
  const known = await at.open({ ...job, tenant: 'known', priority: 1, output: 'runs/known/' }, { workflowId: 'known' });
  expect(known).toMatchObject({ warnings: [], priority: { priorityKey: 1, fairnessKey: 'known', fairnessWeight: 3 } });
  const other = await at.open({ ...job, tenant: 'other', output: 'runs/other/' }, { workflowId: 'other' });
  expect(other).toMatchObject({
    warnings: [unknownTenant],
    priority: { priorityKey: 3, fairnessKey: 'other', fairnessWeight: 1 },
  });
});

const unknownTenant =
  "the tenant other is not in the worker's configuration: limits that were set for it later apply, and otherwise those of other tenants";

test('a tenant is named as unknown if only tenants that are not named have limits', async () => {
  const at = await world();
  Object.assign(at.deps, { admission: { limits: { ...noLimits, otherTenants: { batches: 1 } } } });
  expect(await at.open({ ...job, tenant: 'other' })).toMatchObject({ warnings: [unknownTenant] });
});
