// Decisions of the client that need no server: spans of days, cautions about schedules, findings of the doctor, texts of a job.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { toFindings } from '../../../client/cli/doctor/checkup-findings.ts';
import { cautions } from '../../../client/cli/schedule-cautions.ts';
import { backfillSpan } from '../../../client/day.ts';
import { Nightshift } from '../../../client/nightshift.ts';
import { jobText } from '../../../client/starting/job-text.ts';
import { version } from '../../../client/version.ts';
import type { BucketVerdict, Checkup, RoleVerdict } from '../../../domain/checkup.ts';

const root = mkdtempSync(join(tmpdir(), 'nightshift-test-'));
afterAll(() => rmSync(root, { recursive: true }));

test.each([
  ['2026-11-19', '2026-11-20', 'UTC', '2026-11-18T23:59:59.000Z', '2026-11-20T23:59:59.000Z'],
  ['2026-11-19', '2026-11-19', 'Europe/Berlin', '2026-11-18T22:59:59.000Z', '2026-11-19T22:59:59.000Z'],
  // The night on which clocks go forward: 23 hours.
  ['2026-03-29', '2026-03-29', 'Europe/Berlin', '2026-03-28T22:59:59.000Z', '2026-03-29T21:59:59.000Z'],
  ['2026-11-19', '2026-11-19', 'Pacific/Auckland', '2026-11-18T10:59:59.000Z', '2026-11-19T10:59:59.000Z'],
  [
    '2026-11-19T01:00:00Z',
    '2026-11-19T03:00:00Z',
    'Asia/Tokyo',
    '2026-11-19T01:00:00.000Z',
    '2026-11-19T03:00:00.000Z',
  ],
])('the days %s to %s in %s with %s are whole', (from, to, timezone, start, end) => {
  const span = backfillSpan(from, to, timezone);
  expect([span.start.toISOString(), span.end.toISOString()]).toEqual([start, end]);
});

test('a span that ends before it begins, or is not a date, is refused', () => {
  expect(() => backfillSpan('2026-11-20', '2026-11-19', 'UTC')).toThrow('is not after');
  expect(() => backfillSpan('yesterday', '2026-11-19', 'UTC')).toThrow('--from yesterday is not a date');
});

test('a schedule is cautioned about what would go wrong each night', async () => {
  const job = { dataset: 'in/{date}.jsonl', provider: 'openai', model: 'm', request: {} };
  const put = (name: string, of: object): string => {
    mkdirSync(root, { recursive: true });
    writeFileSync(join(root, name), JSON.stringify(of));
    return name;
  };
  expect(await cautions(put('right.json', { ...job, timezone: 'Europe/Berlin' }), 'Europe/Berlin', root)).toEqual([]);
  expect(await cautions(put('zone.json', job), 'Europe/Berlin', root)).toEqual([
    expect.stringContaining('{date} is the day in UTC, but the schedule starts by the clock of Europe/Berlin'),
  ]);
  expect(await cautions(put('fixed.json', { ...job, output: 'runs/same' }), 'UTC', root)).toEqual([
    expect.stringContaining('the second start would be refused'),
  ]);
  expect(await cautions('nowhere.json', 'UTC', root)).toEqual([expect.stringContaining('is not there')]);
  expect(await cautions(put('wrong.json', { ...job, unknown: 1 }), 'UTC', root)).toEqual([
    expect.stringContaining('unknown'),
  ]);
});

const well: Checkup = {
  keys: [{ provider: 'openai', variable: 'OPENAI_API_KEY', verdict: 'ok' }],
  store: {
    verdict: 'ok',
    freeBytes: 10 * 1024 ** 3,
    abilities: { exclusiveCreate: 'ok', rename: 'ok', append: 'ok' },
  },
  clockMs: 12,
  serverMs: 1_000_500,
  version,
};
const asked = { from: 1_000_000, to: 1_001_000 };
const { abilities = { exclusiveCreate: 'ok', rename: 'ok', append: 'ok' } } = well.store;
const storeWith = (change: Partial<typeof abilities>) => ({
  store: { ...well.store, abilities: { ...abilities, ...change } },
});

const storedFiles = (change: Partial<NonNullable<Checkup['files']>[number]> = {}) => {
  const usage = { files: 12, bytes: 1.2e9, own: 3, lasting: 2, isWhole: true };
  const bounds = { lastingFilesMax: 500, fileBytesMax: 100e9 };
  return { files: [{ provider: 'azure', account: 'default', ...usage, ...bounds, ...change }] };
};

const bucketThat = (verdict: BucketVerdict) => ({
  buckets: [{ provider: 'vertex', account: 'eu', uri: 'gs://b/in/', verdict }],
});

const roleThat = (verdict: RoleVerdict) => ({ roles: [{ provider: 'bedrock', account: 'eu', verdict }] });

test.each([
  [
    'no key at all',
    { keys: [{ provider: 'openai', variable: 'OPENAI_API_KEY', verdict: 'missing' }] },
    'bad',
    'OPENAI_API_KEY',
  ],
  [
    'a key that is refused',
    { keys: [{ provider: 'openai', variable: 'OPENAI_API_KEY', verdict: 'refused' }] },
    'bad',
    'OPENAI_API_KEY',
  ],
  [
    'a provider that cannot be reached',
    { keys: [{ provider: 'openai', variable: 'OPENAI_API_KEY', verdict: 'unreachable' }] },
    'warn',
    'network',
  ],
  [
    'an account of the config file without its key',
    {
      keys: [
        ...well.keys,
        { provider: 'openai', account: 'eu', variable: 'accounts.openai.eu.apiKey', verdict: 'missing' },
      ],
    },
    'bad',
    'accounts.openai.eu.apiKey',
  ],
  ['a bucket that is not there', bucketThat('no_bucket'), 'bad', 'create it'],
  ['a bucket that refuses the worker', bucketThat('no_credentials'), 'bad', 'credentials'],
  ['a bucket that cannot be written to', bucketThat('unwritable'), 'bad', 'let the worker write'],
  ['a bucket that cannot be read', bucketThat('unreadable'), 'bad', 'let the worker write'],
  ['a bucket that shows nothing', bucketThat('wrong'), 'bad', 'another'],
  ['a bucket that does not answer', bucketThat('unavailable'), 'bad', 'network'],
  ['a role that the provider cannot take', roleThat('refused'), 'bad', 'correct the role'],
  ['storage at the provider that is nearly full', storedFiles({ bytes: 80e9 }), 'warn', 'delete files at azure'],
  ['files that never expire', storedFiles({ lasting: 400 }), 'warn', 'delete files at azure'],
  [
    'a store that cannot be written to',
    { store: { verdict: 'unwritable', freeBytes: null } },
    'bad',
    'NIGHTSHIFT_DATA',
  ],
  ['a full store', { store: { verdict: 'full', freeBytes: 0 } }, 'bad', 'df -h'],
  ['a store that is gone', { store: { verdict: 'unavailable', freeBytes: null } }, 'bad', 'NIGHTSHIFT_DATA'],
  ['little room', { store: { verdict: 'ok', freeBytes: 1000 } }, 'warn', 'df -h'],
  ['a clock that is wrong', { clockMs: -90_000 }, 'warn', 'timedatectl'],
  ['a clock of this machine that is ahead', { serverMs: asked.from - 6000 }, 'warn', 'timedatectl'],
  ['a clock of this machine that is behind', { serverMs: asked.to + 6000 }, 'warn', 'timedatectl'],
  ['a store that lets two create one file', storeWith({ exclusiveCreate: 'wrong' }), 'bad', 'hard links'],
  ['a store that does not rename', storeWith({ rename: 'unavailable' }), 'bad', 'renaming'],
  ['a store that does not append', storeWith({ append: 'unwritable' }), 'bad', 'appends'],
  ['another version', { version: '0.0.1' }, 'warn', 'one version'],
] as const)('the doctor finds %s', (_, ill, state, fix) => {
  const found = [...toFindings({ ...well, ...ill }, asked)].filter((each) => each.state !== 'ok');
  expect(found).toMatchObject([{ state, fix: expect.stringContaining(fix) }]);
});

test('the doctor finds nothing wrong where nothing is', () => {
  expect([...toFindings(well, asked)].map(({ what, state }) => `${what}: ${state}`)).toEqual([
    ...['key of openai: ok', 'store: ok', 'exclusive create: ok', 'rename: ok', 'append: ok'],
    ...['clock: ok', 'clock here: ok', 'version: ok'],
  ]);
});

test.each([
  ['ok', 'bedrock takes it'],
  ['unsure', 'it could not be tried'],
] as const)('a role of which the trial says %s is not a problem', (verdict, words) => {
  const role = [...toFindings({ ...well, ...roleThat(verdict) }, asked)].find(({ what }) => what === 'role of bedrock');
  expect(role).toMatchObject({ state: 'ok', found: `account eu: ${words}` });
});

test('the doctor names the account of a key and of a bucket', () => {
  const keys = [{ provider: 'vertex', account: 'eu', variable: 'VERTEX_ACCESS_TOKEN', verdict: 'ok' }] as const;
  const found = [...toFindings({ ...well, keys, ...bucketThat('ok') }, asked)].slice(0, 2);
  expect(found.map(({ what, found }) => `${what}: ${found}`)).toEqual([
    'key of vertex: account eu: VERTEX_ACCESS_TOKEN works',
    'bucket of vertex: account eu: gs://b/in/ takes, lists and gives back files',
  ]);
});

test.each([
  [{}, '12 (3 of Nightshift), 2 of 500 without an expiry, 1.2 GB of 100 GB'],
  [
    { bytes: 79.9e9, lasting: 399, lastingFilesMax: 500 },
    '12 (3 of Nightshift), 399 of 500 without an expiry, 79.9 GB of 100 GB',
  ],
  [
    { account: 'eu', lastingFilesMax: null, fileBytesMax: 2.5e12, bytes: 900 },
    'account eu: 12 (3 of Nightshift), 900 bytes of 2.5 TB',
  ],
  [{ lastingFilesMax: null, fileBytesMax: null, isWhole: false }, 'at least 12 (3 of Nightshift), 1.2 GB'],
])('the doctor says what an account stores: %o', (change, words) => {
  const found = [...toFindings({ ...well, ...storedFiles(change) }, asked)].find(
    ({ what }) => what === 'files of azure',
  );
  expect(found).toEqual({ what: 'files of azure', state: 'ok', found: words, fix: null });
});

test('the doctor takes the checkup of an earlier version, which tried less', () => {
  const { serverMs: _none, ...earlier } = { ...well, store: { verdict: 'ok', freeBytes: null } } as const;
  expect([...toFindings(earlier, asked)].map(({ what, state }) => `${what}: ${state}`)).toEqual([
    ...['key of openai: ok', 'store: ok', 'clock: ok', 'version: ok'],
  ]);
});

test('a job is described by what it is, in 180 characters, and never by its prompt', () => {
  const job = { dataset: 'in/a.jsonl', provider: 'openai', model: 'gpt-5.4-mini', prompt: { user: 'a secret' } };
  expect(jobText(job, 'a').staticSummary).toBe('gpt-5.4-mini at openai: in/a.jsonl');
  expect(jobText({ ...job, dataset: { uri: 'in/b.jsonl' }, model: 7 }, 'a').staticSummary).toBe('openai: in/b.jsonl');
  expect(jobText({ job: 'jobs/a.json' }, 'a').staticSummary).toBe('the job in jobs/a.json');
  expect(jobText(null, 'a').staticSummary).toBe('a job');
  expect(jobText({ ...job, dataset: 'x'.repeat(500) }, 'a').staticSummary).toHaveLength(180);
  expect(JSON.stringify(jobText({ ...job, output: 'runs/x', budget: { usd: 5 } }, 'a'))).not.toContain('secret');
  expect(jobText({ ...job, output: 'runs/x', budget: { usd: 5 } }, 'a').staticDetails).toContain('Budget: $5.');
});

test('problems of a job are listed without a server, and a reference has none', async () => {
  expect(await Nightshift.problemsOf({ dataset: 'a.jsonl', retrys: {} })).toEqual([
    'retrys: unknown field; did you mean `retry`?',
  ]);
  expect(await Nightshift.problemsOf({ job: 'jobs/a.json' })).toEqual([]);
});

test('providers without a key are named together, and are bad only if there is no other', () => {
  const missing = (provider: string) => ({
    provider,
    variable: `${provider.toUpperCase()}_API_KEY`,
    verdict: 'missing' as const,
  });
  const some = [...toFindings({ ...well, keys: [...well.keys, missing('xai'), missing('groq')] }, asked)];
  expect(some.filter(({ what }) => what.includes('key'))).toEqual([
    { what: 'key of openai', state: 'ok', found: 'OPENAI_API_KEY works', fix: null },
    { what: 'no key', state: 'ok', found: 'xai, groq: jobs for them are refused', fix: null },
  ]);
  const [none] = [...toFindings({ ...well, keys: [missing('xai'), missing('groq')] }, asked)];
  expect(none).toEqual({
    what: 'keys',
    state: 'bad',
    found: 'the worker has none: xai, groq',
    fix: 'set one of them, for example XAI_API_KEY, for the worker, and restart it',
  });
});
