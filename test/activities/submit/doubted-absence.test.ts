// When a search that finds nothing is not believed: after lost create upon lost create, and with a key of another account.

import { expect, test } from 'vitest';
import type { Fault } from '../../../domain/batch/backoff.ts';
import { recordHandle } from '../../../job-folder/submission.ts';
import { fault, handle, SubmissionSite as Site } from './submission-site.ts';

test('after the fifth lost create, the batch is not created again', async () => {
  const site = await Site.open();
  site.made = () => Promise.reject(fault('connection', true));
  for (let lost = 1; lost < 5; lost += 1) {
    expect(await site.create()).toMatchObject({ kind: 'unknown' });
    expect(await site.find({ last: true })).toEqual({ kind: 'none' });
  }
  await site.create();
  expect(await site.find()).toEqual({ kind: 'none' });
  expect(await site.find({ last: true })).toEqual({ kind: 'unclear', candidate: null, createsLost: true });
  expect(await site.create()).toMatchObject({ kind: 'unknown' });
  expect(site.creates).toBe(5);
});

test('with a key of another account, which lacks the file, no search is believed, and nothing is created', async () => {
  const site = await Site.open();
  site.made = () => Promise.reject(fault('connection', true));
  await site.create();
  site.holdsFile = false;
  expect(await site.find()).toEqual({ kind: 'none' });
  await expect(site.find({ last: true })).rejects.toMatchObject({ facts: { fault: 'wrong_account' } });
  expect(site.intent).not.toBeNull();
  // A person has checked the account.
  expect(await site.find({ last: true, mayBlameAccount: false })).toEqual({ kind: 'none' });
  await expect(site.create()).rejects.toMatchObject({ facts: { fault: 'wrong_account' } });
  expect([site.creates, site.intent]).toEqual([1, null]);
  site.made = () => Promise.reject(fault('not_ready', false));
  await expect(site.create({ mayBlameAccount: false })).rejects.toMatchObject({ facts: { fault: 'not_ready' } });
});

/** A job with two other batches, as the provider answers about them and about the file: a create is lost, and the last search finds nothing. */
async function loseCreate(
  polls: readonly (Fault | null)[],
  holdsFile: boolean | Fault | null,
): Promise<{ site: Site; last: () => Promise<unknown> }> {
  const site = await Site.open();
  for (const [at, kind] of polls.entries()) {
    await recordHandle(site.folder.store, { ...site.ref, batch: at + 2 }, handle(`other-${at}`), []);
    if (kind !== null) site.polls[`other-${at}`] = kind;
  }
  site.made = () => Promise.reject(fault('connection', true));
  await site.create();
  site.holdsFile = holdsFile;
  return { site, last: () => site.find({ last: true }) };
}

test.each([
  [['not_found', null], null],
  [['not_found', 'forbidden'], true],
  [[], true],
  [[], null],
] as const)(
  'if polls of other batches end as %j, and the file is held: %j, a lost create is given up',
  async (polls, holdsFile) => {
    const { site, last } = await loseCreate(polls, holdsFile);
    expect(await last()).toEqual({ kind: 'none' });
    expect(site.intent).toBeNull();
    expect(await site.create()).toMatchObject({ kind: 'unknown' });
    expect(site.creates).toBe(2);
  },
);

test.each([
  [['not_found', 'not_found'], null, 'wrong_account'],
  [['forbidden', 'not_found'], false, 'wrong_account'],
  [['unauthorized', null], true, 'unauthorized'],
  [['not_found', 'server_error'], true, 'server_error'],
  [['not_found'], 'timeout', 'timeout'],
  [[], 'timeout', 'timeout'],
] as const)(
  'if polls of other batches end as %j, and the file is held: %j, the last search fails with %s and gives nothing up',
  async (polls, holdsFile, expected) => {
    const { site, last } = await loseCreate(polls, holdsFile);
    await expect(last()).rejects.toMatchObject({ facts: { fault: expected } });
    expect(site.intent).not.toBeNull();
  },
);

test.each([
  ['nothing can be asked about', {}, null, 'wrong_account'],
  ['the file is not held', {}, false, 'wrong_account'],
  ['only a batch that this key made is shown', { later: 'other' }, null, 'wrong_account'],
  ['a batch of the first key is hidden', { earlier: 'mark' }, null, 'wrong_account'],
  ['the file is held', {}, true, null],
  ['a batch of the first key is shown', { mine: 'mark', later: 'other' }, null, null],
] as const)(
  'after a create with one key, a search with another key that sees nothing: %s',
  async (_, others, holdsFile, expected) => {
    const site = await Site.open();
    site.polls.earlier = 'not_found';
    for (const [at, [id, mark]] of Object.entries(others).entries()) {
      await recordHandle(site.folder.store, { ...site.ref, batch: at + 2 }, handle(id), [], mark);
    }
    site.made = () => Promise.reject(fault('connection', true));
    await site.create();
    site.accountMark = 'other';
    site.holdsFile = holdsFile;
    const last = () => site.find({ last: true });
    if (expected === null) return expect(await last()).toEqual({ kind: 'none' });
    await expect(last()).rejects.toMatchObject({ facts: { fault: expected } });
    // `resume` with the same key, or a cancelled job: what it may have made stays in doubt, until the first key is back.
    expect(await site.find({ last: true, mayBlameAccount: false })).toEqual({ kind: 'unclear', candidate: null });
    expect(await site.create()).toMatchObject({ kind: 'unknown' });
    expect(site.creates).toBe(1);
    site.accountMark = 'mark';
    site.found = () => ({ confirmed: [handle('found')], possible: [] });
    expect(await last()).toMatchObject({ kind: 'created', handle: { id: 'found' } });
  },
);

test('a create that was given up is not sent again while nothing can be learned about the account', async () => {
  const { site, last } = await loseCreate([null], true);
  await last();
  site.polls['other-0'] = 'server_error';
  await expect(site.create()).rejects.toMatchObject({ facts: { fault: 'server_error' } });
  expect([site.creates, site.intent]).toEqual([1, null]);
});

test('a create that is refused because its file is not found does not blame the account, unless it lacks the other batches too', async () => {
  const site = await Site.open();
  site.made = () => Promise.reject(fault('not_ready', false));
  site.holdsFile = false;
  await expect(site.create()).rejects.toMatchObject({ facts: { fault: 'not_ready' } });
  await recordHandle(site.folder.store, { ...site.ref, batch: 2 }, handle('other'), []);
  await expect(site.create()).rejects.toMatchObject({ facts: { fault: 'not_ready' } });
  site.polls.other = 'not_found';
  await expect(site.create()).rejects.toMatchObject({ facts: { fault: 'wrong_account' } });
  expect(site.intent).toBeNull();
});
