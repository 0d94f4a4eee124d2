// A worker that the server does not reach still calls while another attempt of its chunk begins.

import { expect, test } from 'vitest';
import { LaneSite } from './lane-site.ts';

const items = 200;

test('two attempts do not call side by side: the earlier one stops, and the later one calls the rest', async () => {
  const lane = await LaneSite.open(items, () => 'yes', { concurrency: 1 }, { callMs: 200 });
  const first = lane.attempt();
  await untilTrue(() => lane.calls.length > 10);
  const second = await lane.attempt();
  expect((await first).end).toEqual({ kind: 'stopped' });
  expect(second.end).toEqual({ kind: 'done' });
  expect(lane.calls).toHaveLength(items);
  expect(lane.calls.filter(({ nth }) => nth > 1)).toEqual([]);
  expect(await lane.collect()).toMatchObject({ answered: items });
});

test('while the store does not say whether there is a later attempt, no call begins', async () => {
  const lane = await LaneSite.open(items, () => 'yes', { concurrency: 1 }, { callMs: 200 });
  const { store } = lane.folder;
  const until = lane.nowMs + 60_000;
  const failing = {
    ...store,
    head: (uri: string) =>
      uri.endsWith('journal-2.raw') && lane.nowMs < until ? Promise.reject(new Error('no answer')) : store.head(uri),
  };
  await lane.attempt({}, { deps: { store: Object.assign(Object.create(store), failing) } });
  expect(lane.calls[0]?.at).toBeGreaterThanOrEqual(until);
  expect(lane.calls).toHaveLength(items);
});

async function untilTrue(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}
