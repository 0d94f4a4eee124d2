// Workers with different configuration files are noticed, and a deploy of a new file is not taken for that.

import { expect, test } from 'vitest';
import { noLimits } from '../../../domain/dispatch/limits.ts';
import { findDispatchAlerts } from '../../../domain/dispatch/page/alerts.ts';
import { renderPage } from '../../../domain/dispatch/page/page.ts';
import { type DispatchState, emptyState } from '../../../domain/dispatch/state.ts';
import { takeFile } from '../../../domain/dispatch/take-file.ts';

const startedAt = Date.UTC(2026, 10, 26, 12);
const minuteMs = 60_000;

/** One declaration a minute, each from a worker with that file. */
function takeEach(digests: readonly string[]): { readonly state: DispatchState; readonly now: number } {
  let [state, now] = [emptyState(startedAt), startedAt];
  for (const digest of digests) {
    now += minuteMs;
    if (digest !== state.digest) state = takeFile(state, digest, noLimits, now);
  }
  return { state, now };
}
const repeat = (times: number, ...digests: readonly string[]): string[] =>
  Array.from({ length: times }, () => digests).flat();
const alertsOf = (state: DispatchState, now: number) =>
  findDispatchAlerts(renderPage(state, now)).map(({ name }) => name);

test.each([
  ['two files', repeat(12, 'a', 'b')],
  ['three files', repeat(8, 'a', 'b', 'c')],
])('%s that take turns for over a quarter of an hour raise an alert, until an hour after the last turn', (_, files) => {
  const { state, now } = takeEach(files);
  expect(renderPage(state, now).mixedSince).toBeLessThan(startedAt + 5 * minuteMs);
  expect(alertsOf(state, now)).toEqual(['limits_differ']);
  expect(alertsOf(state, now + 61 * minuteMs)).toEqual([]);
});

test.each([
  ['a deploy of ten minutes', ['a', ...repeat(5, 'b', 'a'), 'b']],
  ['a file that is taken back after a day', [...repeat(1440, 'a'), ...repeat(1440, 'b'), 'a']],
  ['a new file every hour', Array.from({ length: 300 }, (_, minute) => `file ${Math.floor(minute / 60)}`)],
])('%s raises none', (_, files) => {
  const { state, now } = takeEach(files);
  expect(alertsOf(state, now)).toEqual([]);
});
