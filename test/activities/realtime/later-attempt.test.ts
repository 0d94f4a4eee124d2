// A worker that the server does not reach still calls while another attempt of its chunk begins.

import { expect, test } from 'vitest';
import type { RealtimeResult } from '../../../activities/realtime/realtime.ts';
import type { Journal } from '../../../storage/store.ts';
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

test('a call whose note stood still on its way to the disk is not made if another attempt has begun meanwhile', async () => {
  const lane = await LaneSite.open(items, () => 'yes', { concurrency: 1 }, { callMs: 200 });
  const { store } = lane.folder;
  let notes = 0;
  const others: RealtimeResult[] = [];
  const journal = async (uri: string): Promise<Journal> => {
    const whole = await store.journal(uri);
    const note = async (line: Uint8Array): Promise<void> => {
      notes += 1;
      if (notes === 20) others.push(await lane.attempt());
      await whole.note(line);
    };
    return { append: (line) => whole.append(line), note, close: () => whole.close() };
  };
  const first = await lane.attempt({}, { deps: { store: Object.assign(Object.create(store), { journal }) } });
  expect([first, ...others].map(({ end }) => end)).toEqual([{ kind: 'stopped' }, { kind: 'done' }]);
  expect(lane.calls.filter(({ nth }) => nth > 1)).toEqual([]);
  expect(lane.calls).toHaveLength(items);
  expect(await lane.collect()).toMatchObject({ answered: items, anomalies: { inDoubtCalls: 0 } });
});

async function untilTrue(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}
