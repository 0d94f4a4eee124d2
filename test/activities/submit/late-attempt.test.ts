// A create that is sent late, because its process was suspended right before: another attempt has made a batch meanwhile, and both are known.

import { expect, test } from 'vitest';
import { poll } from '../../../activities/poll/poll.ts';
import { fault, handle, runningView, SubmissionSite as Site } from './submission-site.ts';

/** The first create hangs; after some minutes its intent is given up, and a second attempt makes a batch. Then the first one is sent. */
async function sendLate(site: Site, end: () => ReturnType<Site['made']>): Promise<void> {
  const [first, sent] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  site.made = async () => {
    sent.resolve();
    await first.promise;
    return end();
  };
  const suspended = site.create();
  await sent.promise;
  expect(await site.create()).toMatchObject({ kind: 'unknown' });
  expect(await site.find()).toEqual({ kind: 'none' });
  expect(await site.find({ last: true })).toEqual({ kind: 'none' });
  site.made = () => handle('second');
  expect(await site.create()).toMatchObject({ kind: 'created', handle: { id: 'second' } });
  first.resolve();
  await suspended;
}

function pollSecond(site: Site) {
  const provider = { ...site.deps.provider('openai'), poll: async () => runningView };
  const told = { coordinator: null, toldTenths: -1, toldPhase: null, tellEvery: 1, mayBlameAccount: true };
  const deps = { ...site.deps, provider: () => provider as never };
  return site.run(() => poll(deps, { ...site.ref, ...told, handle: handle('second') }));
}

test('the batch of an attempt that was late becomes a twin, and the next poll sees it', async () => {
  const site = await Site.open();
  await sendLate(site, () => handle('first'));
  expect(site.handle).toMatchObject({
    handle: { id: 'second' },
    twins: 1,
    twinHandles: [{ id: 'first' }],
    earlier: [],
  });
  expect(await pollSecond(site)).toMatchObject({ twins: [{ id: 'first' }] });
  expect(await site.recover()).toMatchObject({
    recovered: { intent: null, batches: [{ handle: { id: 'second' } }, { handle: { id: 'first' }, role: 'twin' }] },
  });
});

test('if the reply to a create that was late is lost, the attempt itself searches for its batch until the list shows it', async () => {
  const site = await Site.open();
  await sendLate(site, () => {
    let lists = 0;
    site.found = () => {
      lists += 1;
      return { confirmed: lists < 3 ? [handle('second')] : [handle('first'), handle('second')], possible: [] };
    };
    throw fault('connection', true);
  });
  expect(site.handle).toMatchObject({ handle: { id: 'second' }, twins: 1, twinHandles: [{ id: 'first' }] });
  expect(site.intent).toBeNull();
});

test('the batch of a late attempt at an earlier submission becomes a twin of the later one', async () => {
  const site = await Site.open();
  const [first, sent] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  site.made = async () => {
    sent.resolve();
    await first.promise;
    return handle('late');
  };
  const suspended = site.create();
  await sent.promise;
  site.write('handle', { ordinal: 1, handle: handle('later'), twins: 0, twinHandles: [], earlier: [handle('failed')] });
  first.resolve();
  await suspended;
  const twinHandles = [handle('late')];
  const earlier = [handle('failed')];
  expect(site.handle).toEqual({ ordinal: 1, handle: handle('later'), twins: 1, twinHandles, earlier });
});
