// No create is sent while an earlier one may have taken effect, and none that could be a second one: with attempts that are slow, suspended,
// lost or concurrent.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { realtime } from '../../../activities/realtime/realtime.ts';
import { InvariantBroken } from '../../../domain/refusal.ts';
import type { Intent } from '../../../job-folder/submission.ts';
import { ProviderError } from '../../../providers/error.ts';
import { jobRef, output, quietEnvironment } from '../plan/planning.ts';
import { freshLane } from '../whole-job.ts';
import { fault, handle, nothing, SubmissionSite as Site } from './submission-site.ts';

const others: Intent = { ordinal: 0, by: 'other', firstAt: 0, overAt: 1_005_000 };

test('a batch is created once, and a later attempt gets the batch that was created', async () => {
  const site = await Site.open();
  const created = { kind: 'created', ordinal: 0, handle: handle('made'), twins: [] };
  expect(await site.create()).toEqual(created);
  expect(await site.create()).toEqual(created);
  expect([site.creates, site.finds, site.intent]).toEqual([1, 1, null]);
});

test('no create is sent without a search before it', async () => {
  const site = await Site.open();
  site.found = () => {
    expect([site.creates, site.intent]).toEqual([0, null]);
    return nothing;
  };
  site.made = () => {
    expect([site.finds, site.intent === null]).toEqual([1, false]);
    return handle('made');
  };
  await site.create();
  expect(site.creates).toBe(1);
});

test('before a first create, other batches that look alike are not waited for, and a match is adopted with its twins', async () => {
  const alike = await Site.open();
  alike.found = () => ({ confirmed: [], possible: [handle('whose?')] });
  expect(await alike.create()).toMatchObject({ kind: 'created', handle: { id: 'made' } });
  const matched = await Site.open();
  matched.found = () => ({ confirmed: [handle('first'), handle('second')], possible: [] });
  expect(await matched.create()).toMatchObject({ handle: { id: 'first' }, twins: [{ id: 'second' }] });
  expect([matched.creates, matched.intent]).toEqual([0, null]);
});

test.each([0, 1])(
  'an intent that is there already, of ordinal %i, means that nobody knows, and nothing is called',
  async (ordinal) => {
    const site = await Site.open();
    site.write('intent', { ...others, ordinal });
    for (const asked of [0, 1]) {
      expect(await site.create({ ordinal: asked })).toEqual({ kind: 'unknown', overAt: others.overAt });
    }
    site.now = others.overAt + 1_000_000;
    expect(await site.create()).toEqual({ kind: 'unknown', overAt: others.overAt });
    expect([site.creates, site.finds, site.intent]).toEqual([0, 0, { ...others, ordinal }]);
  },
);

test('a lost reply leaves an intent that is over now, and no later attempt creates', async () => {
  const site = await Site.open();
  site.made = () => {
    site.now += 300;
    throw fault('connection', true);
  };
  expect(await site.create()).toEqual({ kind: 'unknown', overAt: 1_000_300 });
  expect(site.intent).toMatchObject({ ordinal: 0, firstAt: 1_000_000, overAt: 1_000_300 });
  expect(await site.create()).toEqual({ kind: 'unknown', overAt: 1_000_300 });
  expect([site.creates, site.handle]).toEqual([1, null]);
});

test.each(['refused', 'capacity', 'too_large', 'not_found'] as const)(
  'a create that fails as %s leaves no intent',
  async (kind) => {
    const site = await Site.open();
    site.made = () => Promise.reject(fault(kind, false));
    expect(await site.create()).toEqual({ kind: 'refused', fault: kind });
    expect([site.creates, site.intent]).toEqual([1, null]);
  },
);

test.each(['unauthorized', 'forbidden', 'no_money', 'rate_limited'] as const)(
  'a create that fails as %s leaves no intent, and the next attempt creates',
  async (kind) => {
    const site = await Site.open();
    site.made = () => Promise.reject(fault(kind, false));
    await expect(site.create()).rejects.toBeInstanceOf(ProviderError);
    expect(site.intent).toBeNull();
    site.made = () => handle('made');
    expect(await site.create()).toMatchObject({ kind: 'created' });
    expect(site.creates).toBe(2);
  },
);

test('a search that fails before a create leaves no intent and creates nothing', async () => {
  const site = await Site.open();
  site.found = () => Promise.reject(fault('server_error', false));
  await expect(site.create()).rejects.toBeInstanceOf(ProviderError);
  expect([site.creates, site.intent]).toEqual([0, null]);
});

test('an attempt that was suspended before its create sees that it is late, and creates nothing', async () => {
  const site = await Site.open();
  site.found = () => {
    site.now += 60_000;
    return nothing;
  };
  const { timing } = site.folder.job;
  expect(await site.create()).toEqual({ kind: 'unknown', overAt: 1_000_000 + 2 * timing.createCallMs });
  expect([site.creates, site.intent === null]).toEqual([0, false]);
});

test('an attempt that was superseded during its search creates nothing, and leaves the other’s intent alone', async () => {
  const site = await Site.open();
  site.found = () => {
    site.write('intent', others);
    return nothing;
  };
  expect(await site.create()).toEqual({ kind: 'unknown', overAt: others.overAt });
  expect([site.creates, site.intent]).toEqual([0, others]);
});

test('an attempt that was superseded after it wrote its intent creates nothing, and leaves the other’s intent alone', async () => {
  const site = await Site.open();
  site.atClock = (nth) => {
    if (nth === 2) site.write('intent', others);
  };
  expect(await site.create()).toMatchObject({ kind: 'unknown' });
  expect([site.creates, site.intent]).toEqual([0, others]);
});

test('a refusal of an attempt that was superseded leaves the other’s intent alone', async () => {
  const site = await Site.open();
  site.made = () => {
    site.write('intent', others);
    throw fault('refused', false);
  };
  expect(await site.create()).toEqual({ kind: 'refused', fault: 'refused' });
  expect(site.intent).toEqual(others);
});

test('if another attempt created between the search and the intent, its batch is returned and nothing is created', async () => {
  const site = await Site.open();
  site.found = () => {
    site.write('handle', { ordinal: 0, handle: handle('theirs'), twins: 0, twinHandles: [], earlier: [] });
    return nothing;
  };
  expect(await site.create()).toMatchObject({ kind: 'created', handle: { id: 'theirs' } });
  expect([site.creates, site.intent]).toEqual([0, null]);
});

test('of several attempts at the same instant, exactly one creates, and the others wait for it or get its batch', async () => {
  const site = await Site.open();
  const results = await Promise.all([site.create(), site.create(), site.create(), site.create()]);
  expect(site.creates).toBe(1);
  expect(results.filter(({ kind }) => kind === 'created').length).toBeGreaterThan(0);
  for (const result of results) {
    expect(result).toMatchObject(result.kind === 'created' ? { handle: { id: 'made' } } : { kind: 'unknown' });
  }
  expect(await site.create()).toMatchObject({ kind: 'created', handle: { id: 'made' } });
  expect([site.creates, site.intent]).toEqual([1, null]);
});

test('a submission after one that ran nothing is created next to it, and keeps the handle of the earlier one', async () => {
  const site = await Site.open();
  const earlier = [handle('failed'), handle('its twin')];
  site.write('handle', {
    ordinal: 0,
    handle: handle('failed'),
    twins: 1,
    twinHandles: [handle('its twin')],
    earlier: [],
  });
  expect(await site.create({ ordinal: 1 })).toMatchObject({ kind: 'created', ordinal: 1, handle: { id: 'made' } });
  expect(site.handle).toMatchObject({ ordinal: 1, handle: { id: 'made' }, twins: 1, twinHandles: [], earlier });
});

test('while a child of the job that was taken over finishes the batch, nothing is uploaded, created or called', async () => {
  const site = await Site.open();
  const { job } = site.folder;
  const before = { ...job.claim, workflowId: 'before' };
  const child = 'before/wave-1/batch-0001';
  writeFileSync(join(site.folder.root, output, 'job.json'), JSON.stringify({ ...job, takenOver: [before] }));
  site.write('intent', others);
  site.open.add(child);
  const askRealtime = () => realtime(site.deps, { ...jobRef, ...freshLane, wave: 1, batch: 1, from: 0, count: 1 });
  const waiting = [site.upload(), site.create(), site.find(), site.recover(), quietEnvironment().run(askRealtime)];
  await Promise.all(waiting.map((each) => expect(each).rejects.toMatchObject({ name: 'TryAgain' })));
  expect([site.uploads, site.creates, site.finds, site.intent]).toEqual([0, 0, 0, others]);
  // That child does not wait for itself.
  expect(await site.create({ workflowId: child })).toMatchObject({ kind: 'unknown' });
  expect(await site.find({ last: true, workflowId: child })).toEqual({ kind: 'none' });
  expect(await site.recover(child)).toMatchObject({ recovered: { intent: null } });
  // When the time of the batch is over, it is not waited for, and what it may have sent is unknown.
  expect(await site.recover('test', true)).toMatchObject({ recovered: { intent: { overAt: expect.any(Number) } } });
  site.open.clear();
  expect(await site.upload()).toEqual({ fileId: 'file' });
  expect(await site.create()).toMatchObject({ kind: 'created' });
});

test('a requests file that changed after planning is not sent', async () => {
  const site = await Site.open();
  const path = join(site.folder.root, output, 'plan/wave-1/batch-0001.requests.jsonl');
  writeFileSync(path, site.folder.text('plan/wave-1/batch-0001.requests.jsonl').replace('x', 'y'));
  await expect(site.upload()).rejects.toBeInstanceOf(InvariantBroken);
  expect(site.uploads).toBe(0);
});
