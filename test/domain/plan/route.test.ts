// How many rows a route has room for.

import { expect, test } from 'vitest';
import { type RoutePolicy, RouteRoom, routedMinutes } from '../../../domain/plan/route.ts';

const noLimits = { rpm: null, tpm: null };

/** The places of the rows that are admitted, of rows whose calls count with these tokens. */
function listAdmitted(policy: RoutePolicy, limits: typeof noLimits | { rpm: number } | object, tokens: number[]) {
  const room = new RouteRoom(policy, { ...noLimits, ...limits }, false);
  return tokens.flatMap((each, place) => {
    if (!room.admit(each)) return [];
    room.take(each);
    return [place];
  });
}

const all = { when: null, upTo: null };
const ones = (count: number): number[] => Array.from({ length: count }, () => 1);

test('`upTo` is the most rows, whatever the limits allow', () => {
  expect(listAdmitted({ ...all, upTo: 2 }, {}, ones(4))).toEqual([0, 1]);
  expect(listAdmitted({ ...all, upTo: 3 }, { rpm: 1, tpm: 1 }, [500, 500, 500, 500])).toEqual([0, 1, 2]);
  expect(listAdmitted({ ...all, upTo: 200 }, { rpm: 1 }, ones(300))).toHaveLength(200);
});

test('without `upTo`, the rows are those that the limits allow in an hour, and without limits all', () => {
  expect(routedMinutes).toBe(60);
  expect(listAdmitted(all, { rpm: 2 }, ones(500))).toHaveLength(120);
  expect(listAdmitted(all, { tpm: 10 }, [200, 300, 100, 1])).toEqual([0, 1, 2]);
  expect(listAdmitted(all, { rpm: 1, tpm: 1000 }, ones(500))).toHaveLength(60);
  expect(listAdmitted(all, {}, ones(500))).toHaveLength(500);
});

test('the first row without room ends the route, so that later rows do not overtake it', () => {
  expect(listAdmitted(all, { tpm: 10 }, [500, 200, 1, 1])).toEqual([0]);
});

test('a row that was admitted and not taken leaves its room to others', () => {
  const room = new RouteRoom({ ...all, upTo: 1 }, noLimits, false);
  expect([room.admit(5), room.admit(5), room.isFull]).toEqual([true, true, false]);
  room.take(5);
  expect([room.admit(5), room.isFull]).toEqual([false, true]);
});

test('a successor takes the room to be full', () => {
  expect(new RouteRoom({ ...all, upTo: 1 }, noLimits, true).admit(1)).toBe(false);
});
