// No create is sent without a search before it, and none that could be a second one: with attempts that are slow, suspended, lost or concurrent.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TryAgain } from '../../../activities/failure.ts';
import { realtime } from '../../../activities/realtime/realtime.ts';
import { InvariantBroken } from '../../../domain/refusal.ts';
import type { Intent } from '../../../job-folder/submission.ts';
import { ProviderError } from '../../../providers/error.ts';
import { output, quietEnvironment } from '../plan/planning.ts';
import { fault, handle, nothing, SubmissionSite as Site } from './submission-site.ts';

test('a batch is created once, and a later attempt gets the batch that was created', async () => {
  const site = await Site.open();
  expect(await site.create()).toMatchObject({ kind: 'created', adopted: false, handle: { id: 'made' } });
  expect(await site.create()).toMatchObject({ kind: 'created', adopted: true, handle: { id: 'made' } });
  expect([site.creates, site.intent]).toEqual([1, null]);
});

test('with lookOnly and without an intent, the provider is not called', async () => {
  const site = await Site.open();
  site.found = () => Promise.reject(fault('server_error', false));
  expect(await site.create(true)).toEqual({ kind: 'none' });
});

test('while an earlier create may have gone through, a refused search is retried and decides nothing', async () => {
  const site = await Site.open();
  site.made = () => Promise.reject(fault('connection', true));
  await expect(site.create()).rejects.toBeInstanceOf(TryAgain);
  site.found = () => Promise.reject(fault('refused', false));
  await expect(site.create()).rejects.toBeInstanceOf(TryAgain);
  await expect(site.create(true)).rejects.toBeInstanceOf(TryAgain);
  expect([site.creates, site.intent === null]).toEqual([1, false]);
});

test('while a child of the job that was taken over finishes the batch, nothing is uploaded, created or called', async () => {
  const site = await Site.open();
  const { job } = site.folder;
  const before = { ...job.claim, workflowId: 'before' };
  writeFileSync(join(site.folder.root, output, 'job.json'), JSON.stringify({ ...job, takenOver: [before] }));
  site.open.add('before/wave-1/batch-0001');
  await expect(site.create()).rejects.toMatchObject({ name: 'TryAgain' });
  await expect(site.create(true)).rejects.toMatchObject({ name: 'TryAgain' });
  await expect(site.upload()).rejects.toMatchObject({ name: 'TryAgain' });
  await expect(
    quietEnvironment().run(() => realtime(site.deps, { output, wave: 1, batch: 1, from: 0, count: 1 })),
  ).rejects.toMatchObject({ name: 'TryAgain' });
  // That child does not wait for itself.
  expect(await site.create(true, 'before/wave-1/batch-0001')).toEqual({ kind: 'none' });
  site.open.clear();
  expect(await site.upload()).toMatchObject({ kind: 'staged' });
  expect(await site.create()).toMatchObject({ kind: 'created' });
});

test('after a lost reply the next attempt waits until the lists have settled, then finds the batch and adopts it', async () => {
  const site = await Site.open();
  site.made = () => Promise.reject(fault('connection', true));
  await expect(site.create()).rejects.toBeInstanceOf(TryAgain);
  site.found = () => ({ confirmed: [handle('lost')], possible: [] });
  expect(await site.create()).toMatchObject({ adopted: true, handle: { id: 'lost' } });
  expect([site.creates, site.intent, site.handle?.handle.id]).toEqual([1, null, 'lost']);
});

test('an attempt waits until a recorded intent is over, however that attempt ended', async () => {
  const site = await Site.open();
  site.write('intent', { ordinal: 0, by: 'dead', firstAt: site.now, overAt: site.now + 5000 });
  await expect(site.create()).rejects.toMatchObject({ delayMs: 5000 });
  expect(site.creates).toBe(0);
  site.now += 5000;
  expect(await site.create()).toMatchObject({ kind: 'created', adopted: false });
});

test('a refused create leaves no intent behind, because nothing went through', async () => {
  const site = await Site.open();
  site.made = () => Promise.reject(fault('rate_limited', false));
  await expect(site.create()).rejects.toBeInstanceOf(ProviderError);
  expect(site.intent).toBeNull();
  site.found = () => Promise.reject(fault('server_error', false));
  await expect(site.create()).rejects.toBeInstanceOf(ProviderError);
  expect([site.creates, site.intent]).toEqual([1, null]);
});

test('an attempt that was suspended during its search sees that it is late, and creates nothing', async () => {
  const site = await Site.open();
  site.found = () => {
    site.now += 60_000;
    return nothing;
  };
  await expect(site.create()).rejects.toBeInstanceOf(TryAgain);
  expect(site.creates).toBe(0);
});

test('an attempt that was superseded creates nothing, and leaves the other’s intent alone', async () => {
  const site = await Site.open();
  const others: Intent = { ordinal: 0, by: 'other', firstAt: 0, overAt: site.now + 1000 };
  site.found = () => {
    site.write('intent', others);
    return nothing;
  };
  await expect(site.create()).rejects.toBeInstanceOf(TryAgain);
  site.found = () => {
    site.write('intent', others);
    return Promise.reject(fault('timeout', false));
  };
  site.now += 10_000;
  await expect(site.create()).rejects.toBeInstanceOf(ProviderError);
  expect([site.creates, site.intent]).toEqual([0, others]);
});

test('of several attempts at the same instant, one creates', async () => {
  const site = await Site.open();
  const ends = await Promise.allSettled([site.create(), site.create(), site.create()]);
  expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(site.creates).toBe(1);
});

test('after a lost reply, batches that may be the lost one are awaited; a first create does not wait for other batches', async () => {
  const site = await Site.open();
  site.found = () => ({ confirmed: [], possible: [handle('whose?')] });
  site.made = () => Promise.reject(fault('gateway_timeout', true));
  await expect(site.create()).rejects.toBeInstanceOf(TryAgain);
  expect(await site.create()).toEqual({ kind: 'uncertain', candidates: 1 });
  expect(await site.create()).toEqual({ kind: 'uncertain', candidates: 1 });
  expect([site.creates, site.intent === null]).toEqual([1, false]);
  site.found = () => nothing;
  expect(await site.create(true)).toEqual({ kind: 'none' });
  expect([site.creates, site.intent]).toEqual([1, null]);
});

test('of several matches the oldest is adopted, and the others are cancelled and counted', async () => {
  const site = await Site.open();
  site.found = () => ({ confirmed: [handle('first'), handle('second'), handle('third')], possible: [] });
  expect(await site.create()).toMatchObject({ handle: { id: 'first' }, twins: 2 });
  expect(site.cancelled).toEqual(['second', 'third']);
});

test('a twin that cannot be cancelled does not stop the adoption', async () => {
  const site = await Site.open();
  site.found = () => ({ confirmed: [handle('first'), handle('second')], possible: [] });
  site.refusesCancel = true;
  expect(await site.create()).toMatchObject({ handle: { id: 'first' }, twins: 1 });
});

test('with lookOnly, a later submission than the one asked for is found', async () => {
  const site = await Site.open();
  site.write('handle', { ordinal: 0, handle: handle('failed'), twins: 0, earlier: [] });
  site.write('intent', { ordinal: 1, by: 'dead', firstAt: 0, overAt: 0 });
  site.found = () => ({ confirmed: [handle('later')], possible: [] });
  expect(await site.create(true)).toMatchObject({ ordinal: 1, handle: { id: 'later' } });
  expect(site.creates).toBe(0);
});

test('a requests file that changed after planning is not sent', async () => {
  const site = await Site.open();
  const path = join(site.folder.root, output, 'plan/wave-1/batch-0001.requests.jsonl');
  writeFileSync(path, site.folder.text('plan/wave-1/batch-0001.requests.jsonl').replace('x', 'y'));
  await expect(site.upload()).rejects.toBeInstanceOf(InvariantBroken);
});
