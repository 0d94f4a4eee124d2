// When a search that finds nothing is not believed: after lost create upon lost create, and with a key of another account.

import { expect, test } from 'vitest';
import { fault, SubmissionSite as Site } from './submission-site.ts';

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

test('a create that is refused because the account does not have the file says that the account is the wrong one', async () => {
  const site = await Site.open();
  site.made = () => Promise.reject(fault('not_ready', false));
  await expect(site.create()).rejects.toMatchObject({ facts: { fault: 'not_ready' } });
  site.holdsFile = false;
  await expect(site.create()).rejects.toMatchObject({ facts: { fault: 'wrong_account' } });
  expect(site.intent).toBeNull();
});
