// Once an output belongs to another job, what the earlier one left running does nothing in it: it is checked before and while it runs.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ActivityDeps } from '../../activities/deps.ts';
import { createActivities } from '../../activities/index.ts';
import { type Folder, folderWith, jobRef, makeRows, output, quietEnvironment } from './plan/planning.ts';
import { handle, nothing, SubmissionSite } from './submit/submission-site.ts';
import { endedBatch, provider, wholeDeps } from './whole-job.ts';

/** A queue has its own folder. A message needs none, or says only what tallies have. */
const ofQueues = [
  'postWebhook',
  'writeCollected',
  'openQueue',
  'takeItems',
  'listDeliveries',
  'sealFlush',
  'lookAtFlushes',
  'findFlushInput',
  'findItem',
];
/** They open a job, ask about one or serve all jobs, and work under no claim. */
const unclaimed = [
  'open',
  'validate',
  'checkup',
  'untilClosed',
  'declare',
  'recoverDispatcher',
  'listEnded',
  ...ofQueues,
];
const taken = /taken over by taker/;

function takeOver({ root, job }: Folder): void {
  const claim = { ...job.claim, workflowId: 'taker', nonce: 'f'.repeat(32) };
  writeFileSync(join(root, output, 'job.json'), JSON.stringify({ ...job, claim, takenOver: [job.claim] }));
}

const inActivity = <T>(work: () => Promise<T>): Promise<T> => quietEnvironment().run(work);
const ref = { ...jobRef, wave: 1, batch: 1 };
const planned = {
  batch: 1,
  lane: 'batch',
  model: 'm',
  endpoint: 'e',
  items: 1,
  bytes: 1,
  requestsCrc32: '',
  estimate: { inputTokens: 1, outputTokens: 1, usd: 1 },
} as const;

/** Enough of an input for each activity. */
const anything = {
  ...endedBatch(ref, planned),
  handle: handle('batch'),
  twin: 0,
  ordinal: 0,
  from: 1,
  count: 1,
  items: 1,
  bytes: 1,
  crc32: '',
  staged: { fileId: null },
  last: true,
  waves: 1,
};

test('every activity of a job whose output was taken over fails immediately, calls no provider and changes no file', async () => {
  const folder = await folderWith(makeRows(2));
  await folder.run();
  takeOver(folder);
  const before = folder.digests();
  const calls: string[] = [];
  const deps: ActivityDeps = {
    ...wholeDeps(folder),
    provider: (name) => {
      calls.push(name);
      return provider;
    },
  };
  const activities = Object.entries(createActivities(deps)).filter(([name]) => !unclaimed.includes(name));
  expect(activities.length).toBeGreaterThan(12);
  for (const [name, activity] of activities) {
    const done = inActivity(() => Reflect.apply(activity, null, [anything]));
    await expect(done, name).rejects.toMatchObject({ kind: 'taken_over', message: expect.stringMatching(taken) });
  }
  expect([folder.digests(), calls]).toEqual([before, []]);
});

test('an activity that a workflow of an earlier version scheduled says how to continue the job', async () => {
  const folder = await folderWith(makeRows(2));
  const { plan } = createActivities(wholeDeps(folder));
  await expect(inActivity(() => Reflect.apply(plan, null, [{ output }]))).rejects.toThrow(
    /earlier version.*resumeFrom/,
  );
});

test('a download that was in progress at the takeover replaces nothing and records nothing', async () => {
  const folder = await folderWith(makeRows(2));
  await folder.run();
  const fake = {
    ...provider,
    download: async function* (): AsyncGenerator<Uint8Array, true | null> {
      takeOver(folder);
      yield Buffer.from('{}\n');
      return true;
    },
  };
  const before = folder.digests();
  const { download } = createActivities({ ...wholeDeps(folder), provider: () => fake });
  await expect(inActivity(() => download({ ...ref, handle: handle('batch'), twin: 0 }))).rejects.toThrow(taken);
  expect(folder.digests()).toEqual(before);
});

test('a create that had not been sent at the takeover is not sent, and leaves no intent for the new owner', async () => {
  const site = await SubmissionSite.open();
  const { create } = createActivities(site.deps);
  // The second time is the last one before it is sent: the intent is recorded.
  site.atClock = (nth) => {
    if (nth === 2) takeOver(site.folder);
  };
  await expect(inActivity(() => create({ ...site.ref, staged: { fileId: 'file' } }))).rejects.toThrow(taken);
  expect([site.creates, site.intent, site.handle]).toEqual([0, null, null]);
});

test('a create that found the output taken over after its search records no intent', async () => {
  const site = await SubmissionSite.open();
  site.found = () => {
    takeOver(site.folder);
    return nothing;
  };
  const { create } = createActivities(site.deps);
  await expect(inActivity(() => create({ ...site.ref, staged: { fileId: 'file' } }))).rejects.toThrow(taken);
  expect([site.creates, site.intent]).toEqual([0, null]);
});

test('the batch of a create that was sent before the takeover is recorded for the new owner', async () => {
  const site = await SubmissionSite.open();
  site.made = () => {
    takeOver(site.folder);
    return handle('made');
  };
  const { create } = createActivities(site.deps);
  await inActivity(() => create({ ...site.ref, staged: { fileId: 'file' } }));
  expect([site.handle?.handle.id, site.intent]).toEqual(['made', null]);
});

test('a find of the earlier owner neither adopts nor withdraws anything after the takeover', async () => {
  const site = await SubmissionSite.open();
  const intent = { ordinal: 0, by: 'x', firstAt: 0, overAt: 1 };
  site.write('intent', intent);
  const { findBatch } = createActivities(site.deps);
  for (const confirmed of [[], [handle('theirs')]]) {
    site.found = () => {
      takeOver(site.folder);
      return { confirmed, possible: [] };
    };
    writeFileSync(join(site.folder.root, output, 'job.json'), JSON.stringify(site.folder.job));
    await expect(inActivity(() => findBatch({ ...site.ref, last: true }))).rejects.toThrow(taken);
  }
  expect([site.handle, site.intent]).toMatchObject([null, intent]);
});
