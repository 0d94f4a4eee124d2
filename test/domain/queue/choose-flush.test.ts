// Which deliveries become the next flush, and when.

import { expect, test } from 'vitest';
import {
  addDelivery,
  addRemoval,
  beginQueue,
  endFlush,
  sortFound,
  takeFound,
  takeSealed,
} from '../../../domain/queue/changes.ts';
import { chooseFlush, findFlushTime } from '../../../domain/queue/choose-flush.ts';
import { type Delivery, nameDelivery, parseDelivery } from '../../../domain/queue/delivery.ts';
import { renderQueuePage } from '../../../domain/queue/page.ts';
import { knownMax, openMax, type QueueSettings, type QueueState } from '../../../domain/queue/state.ts';

const hourMs = 3_600_000;
const start = Date.UTC(2026, 0, 1, 10, 20);
const settings: QueueSettings = {
  name: 'tickets',
  output: 'queues/tickets/',
  flush: { items: 100, bytes: 10_000, ageMs: hourMs, everyMs: null },
  concurrency: 2,
  rememberMs: 24 * hourMs,
  priority: { priorityKey: 3 },
  timing: {} as QueueSettings['timing'],
  historyEventsMax: 4000,
};
const found = { waiting: [], beyond: { deliveries: 0, items: 0, bytes: 0 }, nextFlush: 1, open: [] };

let marks = 0;
function delivery(facts: Partial<Delivery> = {}): Delivery {
  const rest = { at: start, items: 10, bytes: 1000, isUrgent: false, ...facts };
  marks += 1;
  return { name: nameDelivery(rest, marks.toString(16).padStart(16, '0')), ...rest };
}
const queueWith = (deliveries: readonly Delivery[], changes: Partial<QueueSettings> = {}): QueueState =>
  deliveries.reduce(addDelivery, beginQueue({ ...settings, ...changes }, found));

test('the name of a delivery says all of it, and another name is none', () => {
  const one = delivery({ isUrgent: true });
  expect(parseDelivery(one.name)).toEqual(one);
  const wrong = ['rows', `${one.name}x`, one.name.replace('urgent', 'soon')];
  expect(wrong.map(parseDelivery)).toEqual([null, null, null]);
});

test('nothing is flushed before it is due by number, bytes, age or the hour', () => {
  const [one, other] = [delivery(), delivery({ at: start + 1000 })];
  expect(chooseFlush(queueWith([]), start)).toBe(null);
  expect(findFlushTime(queueWith([]))).toBe(null);
  const two = queueWith([one, other]);
  expect(chooseFlush(two, start + hourMs - 1)).toBe(null);
  expect(findFlushTime(two)).toBe(start + hourMs);
  expect(chooseFlush(two, start + hourMs)).toEqual({ deliveries: [one, other], reason: 'age', most: null });
  expect(chooseFlush(queueWith([delivery({ items: 100 })]), start)?.reason).toBe('items');
  expect(chooseFlush(queueWith([delivery({ bytes: 10_000 })]), start)?.reason).toBe('bytes');
  const hourly = queueWith([one], { flush: { ...settings.flush, everyMs: hourMs } });
  const onTheHour = Date.UTC(2026, 0, 1, 11);
  expect(findFlushTime(hourly)).toBe(onTheHour);
  expect(chooseFlush(hourly, onTheHour - 1)).toBe(null);
  expect(chooseFlush(hourly, onTheHour)?.reason).toBe('schedule');
});

test('a flush takes the oldest deliveries that fit, and at least one', () => {
  const [first, second, third] = [delivery({ items: 60 }), delivery({ items: 40 }), delivery({ items: 40 })];
  expect(chooseFlush(queueWith([third, first, second]), start)?.deliveries).toEqual([first, second]);
  const large = delivery({ items: 500 });
  expect(chooseFlush(queueWith([large, first]), start)?.deliveries.length).toBe(1);
});

test('urgent items go alone and first, also if no flush has room; a pause holds them too', () => {
  const urgent = delivery({ isUrgent: true });
  const busy = queueWith([delivery({ items: 200 }), urgent], { concurrency: 1 });
  const running = { flush: 7, items: 1, isUrgent: false, startedAt: start, failure: null };
  const full = { ...busy, open: [running] };
  expect(chooseFlush(full, start)).toEqual({ deliveries: [urgent], reason: 'urgent', most: null });
  const onlyStandard = { ...full, waiting: full.waiting.filter(({ isUrgent }) => !isUrgent) };
  expect([chooseFlush(onlyStandard, start), findFlushTime(onlyStandard)]).toEqual([null, null]);
  // A failed flush waits for a person, and holds no place.
  expect(chooseFlush({ ...onlyStandard, open: [{ ...running, failure: 'x' }] }, start)?.reason).toBe('items');
  expect(chooseFlush({ ...full, mode: 'paused' }, start)).toBe(null);
});

test('the same delivery may be told twice, and those beyond the bound are counted', () => {
  const one = delivery();
  expect(queueWith([one, one]).waiting).toEqual([one]);
  const many = queueWith(Array.from({ length: knownMax + 3 }, () => delivery()));
  expect(many.waiting.length).toBe(knownMax);
  expect(many.beyond).toEqual({ deliveries: 3, items: 30, bytes: 3000 });
});

test('an urgent item is known and goes first, however many others wait; a list of the store shows the same', () => {
  const others = Array.from({ length: knownMax + 3 }, () => delivery());
  const urgent = delivery({ at: start + 1, isUrgent: true });
  const many = queueWith([...others, urgent]);
  expect(chooseFlush(many, start)).toEqual({ deliveries: [urgent], reason: 'urgent', most: null });
  const listed = takeFound(queueWith([]), sortFound([urgent, ...others]));
  expect([listed.waiting, listed.beyond]).toEqual([many.waiting, many.beyond]);
});

test('a flush that has place for more than is known by name takes more from the store', () => {
  const others = Array.from({ length: knownMax + 3 }, () => delivery({ items: 1, bytes: 1 }));
  const many = queueWith(others, { flush: { ...settings.flush, items: knownMax + 2 } });
  const { deliveries = [], most } = chooseFlush(many, start) ?? {};
  expect([deliveries.length, most?.items]).toEqual([knownMax, knownMax + 2]);
  expect(chooseFlush(queueWith(others), start)).toMatchObject({ most: null });
});

test('what came while the store was listed is not lost', () => {
  const [found, news, both] = [delivery(), delivery({ at: start + 1 }), delivery({ at: start + 2 })];
  const { waiting } = takeFound(queueWith([found, news, both]), sortFound([found, both]), [news, both]);
  expect(waiting).toEqual([found, news, both]);
});

test('only so many flushes are open, with those that failed and the urgent ones', () => {
  const open = Array.from({ length: openMax }, (_, index) => {
    return { flush: index + 1, items: 1, isUrgent: true, startedAt: start, failure: 'x' };
  });
  const full = { ...queueWith([delivery({ isUrgent: true }), delivery({ items: 200 })]), open };
  expect([chooseFlush(full, start), findFlushTime(full)]).toEqual([null, null]);
  expect(chooseFlush({ ...full, open: open.slice(1) }, start)?.reason).toBe('urgent');
});

test('an item that is taken out again is one removal', () => {
  const once = addRemoval(queueWith([]), 'a', ['one']);
  const twice = addRemoval(addRemoval(once, 'b', ['one']), 'a', ['one', 'two']);
  expect(twice.removals).toEqual([
    { id: 'b', deliveries: ['one'] },
    { id: 'a', deliveries: ['one', 'two'] },
  ]);
});

test('what a flush took is gone, what came meanwhile waits, and removals hold for their deliveries only', () => {
  const [one, other] = [delivery(), delivery()];
  const before = { ...queueWith([one, other]), removals: [{ id: 'a', deliveries: [one.name, other.name] }] };
  const after = takeSealed(
    before,
    { deliveries: [one.name], items: 8, duplicates: 1, removed: 1, isUrgent: false },
    start,
  );
  expect(after.waiting).toEqual([other]);
  expect(after.removals).toEqual([{ id: 'a', deliveries: [other.name] }]);
  expect(after.open).toMatchObject([{ flush: 1, items: 8 }]);
  expect([after.nextFlush, after.totals]).toEqual([
    2,
    { accepted: 0, refused: 0, removed: 1, duplicates: 1, flushed: 8, late: 0 },
  ]);
  const ended = { flush: 1, items: 8, end: 'completed', endedAt: start, answered: 8, failed: 0, usd: 1 } as const;
  expect(endFlush(after, ended)).toMatchObject({ open: [], ended: [ended] });
  const empty = takeSealed(
    before,
    { deliveries: [one.name], items: 0, duplicates: 10, removed: 0, isUrgent: false },
    start,
  );
  expect([empty.open, empty.ended[0]?.end]).toEqual([[], 'empty']);
});

test('a flush is late by the item that was accepted first, and an earlier version is taken as not late', () => {
  const [one, other] = [delivery(), delivery({ at: start + 5_000 })];
  const state = queueWith([one, other]);
  const timed = { ...state, settings: { ...state.settings, slaMs: 60_000 } };
  const open = takeSealed(
    timed,
    { deliveries: [other.name, one.name], items: 20, duplicates: 0, removed: 0, isUrgent: false },
    start + 9_000,
  );
  const end = (ms: number) =>
    endFlush(open, { flush: 1, items: 20, end: 'completed', endedAt: one.at + ms, answered: 20, failed: 0, usd: null });
  expect([end(60_000).totals.late, end(60_000).ended[0]?.longestMs]).toEqual([0, 60_000]);
  expect([end(60_001).totals.late, end(60_001).ended[0]?.longestMs]).toEqual([20, 60_001]);
  expect(renderQueuePage(end(60_001), start).longestMs).toBe(60_001);
  const [flush] = open.open;
  const { oldestAt: _, ...earlier } = flush ?? { oldestAt: 0 };
  const unknown = { ...open, open: [earlier] } as QueueState;
  expect(
    endFlush(unknown, { flush: 1, items: 20, end: 'completed', endedAt: start * 2, answered: 20, failed: 0, usd: null })
      .totals.late,
  ).toBe(0);
});
