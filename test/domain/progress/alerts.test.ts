// The alerts of a job.

import { expect, test } from 'vitest';
import { computeNextPoll, pollDelayMs } from '../../../domain/batch/backoff.ts';
import {
  type AlertFacts,
  countFailures,
  countLate,
  findAlerts,
  findNextLateAt,
  noneLate,
} from '../../../domain/progress/alerts.ts';
import type { BatchEntry, BatchState } from '../../../domain/progress/events.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const now = 100 * hourMs;

const calm: AlertFacts = {
  now,
  pauses: [],
  running: true,
  dueAt: now,
  movedAt: now,
  late: noneLate,
  earlierChild: null,
  budget: { capUsd: 10, settledUsd: 7.9 },
  items: 100,
  failed: 5,
};

test('a job that goes well raises nothing', () => {
  expect(findAlerts(calm)).toEqual([]);
});

test.each<[string, Partial<AlertFacts>, string]>([
  ['paused', { pauses: [{ reason: 'no_money', since: 0, note: 'no credit' }] }, 'paused: no credit'],
  [
    'earlier_child',
    { earlierChild: { workflowId: 'job/wave-1/batch-0001', since: now - 10 * minuteMs - 1 } },
    'job/wave-1/batch-0001 of an earlier run has not ended: its batch is not started again before that',
  ],
  ['sla', { dueAt: now - 1 }, 'the job takes longer than its `sla` allows'],
  ['budget', { budget: { capUsd: 10, settledUsd: 8 } }, '80% of the budget is spent'],
  ['error_rate', { failed: 6 }, '6% of the items failed so far'],
  ['slow_validating', { late: { ...noneLate, validating: 1 } }, 'a batch is over 30 minutes in validating'],
  ['slow_finalizing', { late: { ...noneLate, finalizing: 2 } }, '2 batches are over 30 minutes in finalizing'],
  ['open_too_long', { late: { ...noneLate, open: 3 } }, '3 batches are open for over 25 hours'],
  [
    'provider_unreachable',
    { late: { ...noneLate, unreachable: 1 } },
    'the provider has not been reached for over 30 minutes: it is tried again every 5 minutes',
  ],
  [
    'batch_not_found',
    { late: { ...noneLate, missing: 1 } },
    'the provider answers that it does not know a batch of this job: it is polled again; if it stays unknown, the rows are in doubt',
  ],
  [
    'creates_lost',
    { late: { ...noneLate, createsLost: 2 } },
    '2 batches are not created again, because the replies to 5 creates were lost and the provider lists no batch of them: check there whether it made one, and why it does not reply; if none shows, the rows are in doubt',
  ],
  ['no_progress', { movedAt: now - 6 * hourMs - 1 }, 'nothing has moved for over 6 hours'],
])('%s', (name, change, text) => {
  expect(findAlerts({ ...calm, ...change })).toEqual([{ name, text }]);
});

test('a job that is paused, or has nothing to run, is not asked to move', () => {
  const still = { ...calm, movedAt: 0 };
  expect(findAlerts({ ...still, running: false })).toEqual([]);
  const pause = { reason: 'person', since: 0, note: 'lunch' } as const;
  expect(findAlerts({ ...still, pauses: [pause] }).map(({ name }) => name)).toEqual(['paused']);
});

test('a batch is late by the time in its state, or by its age', () => {
  const entry = (stage: BatchState, since: number, createdAt: number | null): BatchEntry => ({
    wave: 1,
    batch: 1,
    lane: 'batch',
    model: 'm',
    items: 1,
    batchId: null,
    done: 0,
    failed: 0,
    trouble: null,
    unsent: false,
    unreachableSince: null,
    missingSince: null,
    createsLost: false,
    stage,
    since,
    createdAt,
  });
  const late = countLate(
    [
      entry('validating', now - 31 * minuteMs, now - 31 * minuteMs),
      entry('validating', now - 29 * minuteMs, null),
      entry('finalizing', now - 31 * minuteMs, now - 26 * hourMs),
      entry('running', now - 20 * hourMs, now - 20 * hourMs),
      entry('done', 0, 0),
    ],
    now,
  );
  expect(late).toEqual({ validating: 1, finalizing: 1, open: 1, unreachable: 0, missing: 0, createsLost: 0 });
  const unreached = (sinceMs: number): BatchEntry => ({ ...entry('waiting', now, null), unreachableSince: sinceMs });
  expect(countLate([unreached(now - 29 * minuteMs), unreached(now - 31 * minuteMs)], now).unreachable).toBe(1);
  expect(countLate([{ ...entry('running', now, now), missingSince: now }], now).missing).toBe(1);
  expect(countLate([{ ...entry('staging', now, null), createsLost: true }], now).createsLost).toBe(1);
  expect(findNextLateAt([unreached(now - 29 * minuteMs)], [], now)).toBe(now + minuteMs + 1);
});

test('the next poll is the first of the scheduled polls that is still to come', () => {
  const policy = { initialMs: 10_000, factor: 1.5, maxMs: 300_000 };
  let at = 0;
  for (let poll = 0; poll < 400; poll += 1) {
    const next = at + pollDelayMs(poll, policy);
    expect(computeNextPoll(0, policy, at)).toBe(next);
    expect(computeNextPoll(0, policy, next - 1)).toBe(next);
    at = next;
  }
});

test('items that were cancelled do not count as failed', () => {
  expect(countFailures({ bad_request: 2, cancelled: 90, expired: 1 })).toBe(3);
  expect(countFailures({ bad_request: 2 })).toBe(2);
});
