// A job that is wrong is refused at once with every problem, and nothing is written; one that is right is claimed once.

import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { ActivityDeps } from '../../../activities/deps.ts';
import { open } from '../../../activities/open/open.ts';
import type { OpenInput } from '../../../activities/open/read-job.ts';
import { type RecoverResult, recover } from '../../../activities/submit/recover.ts';
import type { JobFile, JobSettings } from '../../../domain/job.ts';
import { JobRefused } from '../../../domain/refusal.ts';
import type { Provider } from '../../../providers/provider.ts';
import { createFileStore } from '../../../storage/local/store.ts';
import { openaiOffline, quietEnvironment } from '../plan/planning.ts';

const job = {
  dataset: 'rows.jsonl',
  provider: 'openai',
  model: 'm',
  request: { messages: [{ role: 'user', content: '{{ text }}' }] },
};

interface World {
  readonly root: string;
  readonly deps: ActivityDeps;
  readonly openWorkflows: Set<string>;
  open(input: unknown, change?: Partial<OpenInput>): Promise<JobSettings>;
  refusal(input: unknown, change?: Partial<OpenInput>): Promise<JobRefused>;
}

async function world(verdict: Awaited<ReturnType<Provider['check']>> = 'ok', hasKey = true): Promise<World> {
  const root = await mkdtemp(join(tmpdir(), 'nightshift-open-test-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  writeFileSync(join(root, 'rows.jsonl'), '{"id":1,"text":"x"}\n');
  const openWorkflows = new Set<string>();
  const provider: Provider = {
    ...openaiOffline,
    buildBody: () => null,
    findProblems: () => [],
    check: async () => verdict,
  };
  let nonces = 0;
  const deps: ActivityDeps = {
    store: createFileStore({ root }),
    cluster: {
      isOpen: async (id) => openWorkflows.has(id),
      notify: async () => undefined,
      registeredSearchAttributes: async () => [],
    },
    provider: (name) => (name === 'openai' ? provider : undefined),
    providerNames: ['openai'],
    credentials: () => ({ present: hasKey, variable: 'OPENAI_API_KEY' }),
    prices: {
      dated: '2026-01-01',
      models: { m: { batch: { input: 1, output: 1 }, realtime: { input: 2, output: 2 } } },
    },
    timing: {
      createCallMs: 1,
      settleMs: 1,
      heartbeatMs: 1000,
      cancelGraceMs: 1,
      notShownMs: 10_800_000,
      readAgainMs: 600_000,
      notFoundMs: 21_600_000,
      openGraceMs: 7_200_000,
    },
    scratch: root,
    heavy: (work) => work(),
    transfers: (work) => work(),
    now: () => 0,
    version: 'test',
    randomHex: (bytes) => String(++nonces).padStart(2 * bytes, '0'),
  };
  const opened = (input: unknown, change: Partial<OpenInput> = {}): Promise<JobSettings> =>
    quietEnvironment().run(() =>
      open(deps, { input, workflowId: 'tickets', firstRunId: 'run-1', startedAt: 0, ...change }),
    );
  const refusal = async (input: unknown, change: Partial<OpenInput> = {}): Promise<JobRefused> => {
    const error = await opened(input, change).then(
      () => null,
      (failure: unknown) => failure,
    );
    if (!(error instanceof JobRefused)) throw new Error('it was not refused', { cause: error });
    return error;
  };
  return { root, deps, openWorkflows, open: opened, refusal };
}

const written = ({ root }: World, output = 'runs/tickets/'): JobFile | null =>
  existsSync(join(root, output, 'job.json')) ? JSON.parse(readFileSync(join(root, output, 'job.json'), 'utf8')) : null;

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
  [{ ...job, tenant: 'a' }, 'tenant'],
  [{ job: 'nowhere.json' }, 'nowhere.json'],
  [{ job: '../x.json' }, '../x.json'],
])('%j is refused with where and what, and nothing is written', async (input, words) => {
  const at = await world();
  const { message } = await at.refusal(input);
  expect(message).toContain(words);
  expect(existsSync(join(at.root, 'runs'))).toBe(false);
});

test('every problem is named at once', async () => {
  const at = await world();
  const wrong = { ...job, provider: 'nobody', retry: { rounds: -1 }, extra: 1, poll: { initial: 'soon' } };
  const { problems } = await at.refusal(wrong);
  expect(problems.map(({ where }) => where).toSorted()).toEqual(['extra', 'poll.initial', 'provider', 'retry.rounds']);
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
  expect(written(at)?.claim.nonce).toBe('1'.padStart(32, '0'));
  const { kind, message } = await at.refusal(job, { firstRunId: 'run-2' });
  expect(kind).toBe('output_claimed');
  for (const way of ['output', 'reuse', 'resumeFrom']) expect(message).toContain(way);
});

test('a dead job is taken over with its nonce, by one taker only, and only when it is dead and unfinished', async () => {
  const at = await world();
  await at.open(job);
  const taker = { workflowId: 'second', firstRunId: 'run-2' };
  const from = { resumeFrom: 'runs/tickets/' };
  at.openWorkflows.add('tickets');
  expect((await at.refusal(from, taker)).kind).toBe('still_running');
  at.openWorkflows.clear();
  expect((await at.open(from, taker)).output).toBe('runs/tickets/');
  expect(written(at)).toMatchObject({
    claim: { workflowId: 'second', nonce: '1'.padStart(32, '0') },
    takenOver: [{ workflowId: 'tickets' }],
  });
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

test('a folder of an earlier version, without the settings that came later, is taken over with those of the worker', async () => {
  const at = await world();
  await at.open({ ...job, output: 'runs/tickets/' });
  const { proofs: _proofs, timing, ...old } = written(at) ?? fail();
  const { notShownMs: _1, readAgainMs: _2, notFoundMs: _3, openGraceMs: _4, ...oldTiming } = timing;
  writeFileSync(
    join(at.root, 'runs/tickets/job.json'),
    JSON.stringify({ ...old, timing: { ...oldTiming, settleMs: 7 } }),
  );
  // An earlier version did not name the twins of a batch, and wrote no evidence.
  mkdirSync(join(at.root, 'runs/tickets/plan/wave-1'), { recursive: true });
  const handle = { id: 'batch_1', createdAt: 5, fileId: 'file_1' };
  const record = { ordinal: 1, handle, twins: 0, earlier: [{ ...handle, id: 'batch_0' }] };
  writeFileSync(join(at.root, 'runs/tickets/plan/wave-1/batch-0001.handle.json'), JSON.stringify(record));

  const settings = await at.open({ resumeFrom: 'runs/tickets/' }, { workflowId: 'taker', firstRunId: 'run-2' });
  expect(settings.timing).toMatchObject({ settleMs: 7, notShownMs: 10_800_000, openGraceMs: 7_200_000 });
  expect(settings.proofs).toEqual(openaiOffline.proofs);
  const ref = { output: 'runs/tickets/', wave: 1, batch: 1 };
  let result: RecoverResult | null = null;
  await quietEnvironment().run(async () => {
    result = await recover(at.deps, ref);
  });
  expect(result).toMatchObject({
    tally: null,
    recovered: { ordinal: 1, intent: null, settled: false, batches: [{ handle, role: 'own', ended: null }] },
  });
});

function fail(): never {
  throw new Error('the job wrote no job.json');
}
