// Times that others compare with theirs are the Temporal server's, whatever the worker's clock shows.

import { expect, test } from 'vitest';
import { fault, handle, nothing, SubmissionSite as Site } from './submission-site.ts';

const hourMs = 3_600_000;

test.each([5 * hourMs, -5 * hourMs])(
  'a worker whose clock is %i ms ahead records when its create was lost by the server’s time, and searches from when it began',
  async (ahead) => {
    const site = await Site.open();
    site.ahead = ahead;
    const startedAt = site.now;
    site.made = () => {
      site.now += 300;
      throw fault('connection', true);
    };
    expect(await site.create()).toEqual({ kind: 'unknown', overAt: startedAt + 300 });
    expect(site.intent).toMatchObject({ firstAt: startedAt, startedAt, overAt: startedAt + 300 });
    site.ahead = -ahead;
    await site.find();
    // An hour's difference between the server's clock and the provider's is allowed for.
    expect(site.searched.map(({ since }) => since)).toEqual([startedAt - hourMs, startedAt - hourMs]);
  },
);

test('a worker whose clock is set back by hours during a create is late anyway', async () => {
  const site = await Site.open();
  site.found = () => {
    site.ahead = -5 * hourMs;
    site.now += 60_000;
    return nothing;
  };
  expect(await site.create()).toMatchObject({ kind: 'unknown' });
  expect(site.creates).toBe(0);
});

test('a machine that slept during a create, so that only its clock shows it, is late', async () => {
  const site = await Site.open();
  site.found = () => {
    site.ahead = hourMs;
    return nothing;
  };
  const startedAt = site.now;
  expect(await site.create()).toEqual({ kind: 'unknown', overAt: startedAt + 2 * site.folder.job.timing.createCallMs });
  expect(site.creates).toBe(0);
});

test('a worker whose clock is set back by hours after the search creates within its time', async () => {
  const site = await Site.open();
  site.found = () => {
    site.ahead = -5 * hourMs;
    return nothing;
  };
  expect(await site.create()).toMatchObject({ kind: 'created', handle: handle('made') });
});
