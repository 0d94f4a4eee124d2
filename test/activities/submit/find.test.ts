// A create whose reply is not known: the search for its batch, and what is read from disk of an earlier attempt.

import { expect, test } from 'vitest';
import type { EndedBatch } from '../../../domain/batch/evidence.ts';
import { noEvidence } from '../../../job-folder/evidence.ts';
import type { Intent } from '../../../job-folder/submission.ts';
import { ProviderError } from '../../../providers/error.ts';
import { fault, handle, SubmissionSite as Site } from './submission-site.ts';

const hourMs = 3_600_000;
const intent: Intent = { ordinal: 0, by: 'dead', firstAt: 0, overAt: 5 };

const ended: EndedBatch = {
  ending: 'expired',
  status: 'expired',
  counts: { total: 1, done: 1, failed: 0 },
  outputs: ['output'],
  endedAt: 9,
  refusedUnrun: false,
  blamed: [],
};

async function siteWithIntent(ordinal = 0): Promise<Site> {
  const site = await Site.open();
  site.write('intent', { ...intent, ordinal });
  return site;
}

test('without an intent, the provider is not called', async () => {
  const site = await Site.open();
  expect(await site.find({ last: true })).toEqual({ kind: 'none' });
  expect(site.finds).toBe(0);
});

test('the batch of a lost create is found and adopted, and nothing is created', async () => {
  const site = await Site.open();
  site.made = () => Promise.reject(fault('connection', true));
  expect(await site.create()).toMatchObject({ kind: 'unknown' });
  site.found = () => ({ confirmed: [handle('lost')], possible: [] });
  expect(await site.find()).toEqual({ kind: 'created', ordinal: 0, handle: handle('lost'), twins: [] });
  expect(await site.create()).toMatchObject({ kind: 'created', handle: { id: 'lost' } });
  expect([site.creates, site.intent, site.handle?.handle.id]).toEqual([1, null, 'lost']);
});

test('of several matches the oldest is adopted, and the others are recorded as its twins', async () => {
  const site = await siteWithIntent();
  const [first, second, third] = [handle('first'), handle('second'), handle('third')];
  site.found = () => ({ confirmed: [first, second, third], possible: [handle('whose?')] });
  expect(await site.find()).toEqual({ kind: 'created', ordinal: 0, handle: first, twins: [second, third] });
  expect(site.handle).toEqual({ ordinal: 0, handle: first, twins: 2, twinHandles: [second, third], earlier: [] });
  expect([site.creates, site.intent]).toEqual([0, null]);
});

test('a match of a later submission leaves the handles of the earlier one to be deleted', async () => {
  const site = await siteWithIntent(1);
  site.write('handle', { ordinal: 0, handle: handle('failed'), twins: 0, twinHandles: [], earlier: [] });
  site.found = () => ({ confirmed: [handle('later')], possible: [] });
  expect(await site.find({ ordinal: 1 })).toMatchObject({ ordinal: 1, handle: { id: 'later' } });
  expect(site.handle).toMatchObject({ ordinal: 1, earlier: [{ id: 'failed' }] });
});

test('a batch that is on disk is returned without a search', async () => {
  const site = await siteWithIntent();
  site.write('handle', { ordinal: 0, handle: handle('known'), twins: 1, twinHandles: [handle('twin')], earlier: [] });
  expect(await site.find()).toMatchObject({ kind: 'created', handle: { id: 'known' }, twins: [{ id: 'twin' }] });
  expect(site.finds).toBe(0);
});

test('batches that may be the lost one keep the intent, also at the last search, and nothing is created meanwhile', async () => {
  const site = await siteWithIntent();
  site.found = () => ({ confirmed: [], possible: [handle('whose?'), handle('and this?')] });
  expect(await site.find()).toEqual({ kind: 'unclear', candidate: null });
  expect(await site.find({ last: true })).toEqual({ kind: 'unclear', candidate: null });
  expect(await site.create()).toMatchObject({ kind: 'unknown' });
  expect([site.creates, site.intent]).toMatchObject([0, intent]);
});

test('a list that may have left some out keeps the intent, and only a create that was never tried is sent in spite of it', async () => {
  const partial = { confirmed: [], possible: [], isPartial: true } as const;
  const site = await Site.open();
  site.found = () => partial;
  site.made = () => Promise.reject(fault('connection', true));
  expect(await site.create()).toMatchObject({ kind: 'unknown' });
  expect(await site.find({ last: true })).toEqual({ kind: 'unclear', candidate: null });
  site.found = () => ({ confirmed: [], possible: [] });
  expect(await site.find({ last: true })).toEqual({ kind: 'none' });
  site.found = () => partial;
  expect(await site.create()).toEqual({ kind: 'unknown', overAt: site.now });
  expect([site.creates, site.intent]).toMatchObject([1, { ordinal: 0 }]);
});

test.each(['refused', 'not_found'] as const)(
  'a search that fails as %s decides nothing, also the last one',
  async (kind) => {
    const site = await siteWithIntent();
    site.found = () => Promise.reject(fault(kind, false));
    expect(await site.find({ last: true })).toEqual({ kind: 'unclear', candidate: null });
    expect(site.intent).toMatchObject(intent);
  },
);

test.each(['unauthorized', 'server_error'] as const)(
  'a search that fails as %s is tried again, and the intent stays',
  async (kind) => {
    const site = await siteWithIntent();
    site.found = () => Promise.reject(fault(kind, false));
    await expect(site.find({ last: true })).rejects.toBeInstanceOf(ProviderError);
    expect(site.intent).toMatchObject(intent);
  },
);

test('only the last search that finds nothing removes the intent, and then a batch may be created', async () => {
  const site = await siteWithIntent();
  expect(await site.find()).toEqual({ kind: 'none' });
  expect(site.intent).toMatchObject(intent);
  expect(await site.create()).toMatchObject({ kind: 'unknown' });
  expect(await site.find({ last: true })).toEqual({ kind: 'none' });
  expect([site.creates, site.intent]).toEqual([0, null]);
  expect(await site.create()).toMatchObject({ kind: 'created', handle: { id: 'made' } });
});

test('a create that was given up is searched for again, in a list of its own time, before the batch is created again', async () => {
  const site = await Site.open();
  await site.create();
  expect(site.searched).toMatchObject([{ untried: true }]);
  const again = await Site.open();
  again.made = () => Promise.reject(fault('connection', true));
  await again.create();
  const { since } = again.searched[0] ?? {};
  again.now += 30 * hourMs;
  await again.find({ last: true });
  expect(again.intent).toBeNull();
  // The list shows it a day later, and it has not ended, so it does not show whose it is.
  again.found = () => ({ confirmed: [], possible: [handle('lost')] });
  expect(await again.create()).toEqual({ kind: 'unknown', overAt: again.now });
  expect(again.searched.at(-1)).toMatchObject({ untried: false, since });
  again.found = () => ({ confirmed: [handle('lost')], possible: [] });
  expect(await again.find()).toMatchObject({ kind: 'created', handle: { id: 'lost' } });
  expect([again.creates, again.intent]).toEqual([1, null]);
});

test('batches that began over an hour after the first search are not waited for, however long the create waited for a worker', async () => {
  const site = await Site.open();
  site.made = () => Promise.reject(fault('connection', true));
  await site.create();
  // The attempt had waited for five hours, which nobody noticed.
  site.now += 5 * hourMs;
  const sentBy = site.now;
  await site.find();
  site.now += 20 * hourMs;
  await site.find({ last: true });
  await site.create();
  const searched = site.searched.map(({ until }) => until);
  expect(searched).toEqual([Number.POSITIVE_INFINITY, sentBy + hourMs, sentBy + hourMs, sentBy + hourMs]);
});

test('a later submission is not taken for one that was given up', async () => {
  const site = await Site.open();
  site.made = () => Promise.reject(fault('connection', true));
  await site.create();
  await site.find({ last: true });
  site.made = () => handle('made');
  expect(await site.create({ ordinal: 1 })).toMatchObject({ kind: 'created' });
  expect(site.searched.at(-1)).toMatchObject({ untried: true });
});

test('recovery of a new batch finds nothing', async () => {
  const site = await Site.open();
  const recovered = { ordinal: 0, intent: null, settled: false, batches: [] };
  expect(await site.recover()).toEqual({ tally: null, recovered });
  expect([site.finds, site.creates]).toEqual([0, 0]);
});

test('recovery finds an intent, even next to the handle of an earlier submission', async () => {
  const site = await siteWithIntent(1);
  expect(await site.recover()).toMatchObject({
    recovered: { ordinal: 1, intent: { overAt: 5, lastsMs: 5 }, batches: [] },
  });
  site.write('handle', { ordinal: 0, handle: handle('failed'), twins: 0, twinHandles: [], earlier: [] });
  expect(await site.recover()).toMatchObject({
    recovered: { ordinal: 1, intent: { overAt: 5 }, batches: [{ handle: { id: 'failed' }, ordinal: 0 }] },
  });
  expect(site.intent).not.toBeNull();
});

test('recovery finds the batch with its twins, and what is known of each', async () => {
  const site = await Site.open();
  const [own, twin] = [handle('own'), handle('twin')];
  const evidence = { ended, endedSeenAt: 10, reading: { bytes: 3, crc32: 'a', whole: true, at: 0, confirmed: false } };
  site.write('handle', { ordinal: 2, handle: own, twins: 1, twinHandles: [twin], earlier: [handle('failed')] });
  site.write('ended', { own: evidence });
  expect(await site.recover()).toEqual({
    tally: null,
    recovered: {
      ordinal: 2,
      intent: null,
      settled: false,
      batches: [
        { handle: own, ordinal: 2, role: 'own', ...evidence },
        { handle: twin, ordinal: 2, role: 'twin', ...noEvidence },
      ],
    },
  });
});

test('a handle of an older version, which does not name its twins, is recovered', async () => {
  const site = await Site.open();
  site.write('handle', { ordinal: 0, handle: handle('own'), twins: 1, earlier: [] });
  expect((await site.recover()).recovered.batches).toMatchObject([{ handle: { id: 'own' }, role: 'own' }]);
});

test('an intent next to the handle of the same submission is over, and is removed', async () => {
  const site = await siteWithIntent();
  site.write('handle', { ordinal: 0, handle: handle('own'), twins: 0, twinHandles: [], earlier: [] });
  expect((await site.recover()).recovered).toMatchObject({ ordinal: 0, intent: null });
  expect(site.intent).toBeNull();
});

test('a tally settles the batch', async () => {
  const site = await Site.open();
  site.write('handle', { ordinal: 0, handle: handle('own'), twins: 0, twinHandles: [], earlier: [] });
  site.write('tally', { answered: 1 });
  expect(await site.recover()).toMatchObject({ tally: { answered: 1 }, recovered: { settled: true } });
});
