// Decides when a running job raises an alert, and gives its text. Pure.

import { lostCreatesMax } from '../limits.ts';
import type { Budget } from '../money/budget.ts';
import { type Counts, sumCounts } from '../outcome/outcome.ts';
import type { BatchEntry, BatchState } from './events.ts';
import type { Pause } from './status.ts';

/** A closed list, because the names are metric labels. */
export const alertNames = [
  'slow_validating',
  'slow_finalizing',
  'open_too_long',
  'error_rate',
  'no_progress',
  'budget',
  'paused',
  'earlier_child',
  'provider_unreachable',
  'batch_not_found',
  'creates_lost',
  'many_waiting',
  'cap',
  'limits_differ',
  'sla',
  'flush_failed',
  'flush_late',
] as const;
export type AlertName = (typeof alertNames)[number];

export interface Alert {
  readonly name: AlertName;
  /** Which of several it is about. Each is raised for itself. Absent: there is only one. */
  readonly of?: string;
  readonly text: string;
}

const minuteMs = 60_000;
/** Healthy batches are validated and written out in seconds to minutes. */
const slowPhaseMs = 30 * minuteMs;
/** Vendors promise 24 hours. */
const openMaxMs = 25 * 60 * minuteMs;
/** Vendors sometimes queue a batch for hours and then run it within one hour. */
const noProgressMs = 6 * 60 * minuteMs;
/** Most outages are over by then. */
const unreachableMs = 30 * minuteMs;
/** A workflow of an earlier run ends its batch within this time, unless a person has to act. */
const earlierChildMs = 10 * minuteMs;
const errorShareMax = 0.05;
const budgetShareMax = 0.8;

/** How many open batches are late, by the state or age in which they are late. */
export interface LateCounts {
  readonly validating: number;
  readonly finalizing: number;
  readonly open: number;
  /** Realtime batches whose provider has not been reached for long. */
  readonly unreachable: number;
  /** Batches that the provider does not find. */
  readonly missing: number;
  /** Batches of which too many creates were lost. */
  readonly createsLost: number;
}

export const noneLate: LateCounts = {
  validating: 0,
  finalizing: 0,
  open: 0,
  unreachable: 0,
  missing: 0,
  createsLost: 0,
};

export const addLate = (a: LateCounts, b: LateCounts): LateCounts => ({
  validating: a.validating + b.validating,
  finalizing: a.finalizing + b.finalizing,
  open: a.open + b.open,
  unreachable: a.unreachable + b.unreachable,
  missing: a.missing + b.missing,
  createsLost: a.createsLost + b.createsLost,
});

export function countLate(entries: Iterable<BatchEntry>, now: number): LateCounts {
  const countSlow = (entry: BatchEntry, state: BatchState): number =>
    entry.stage === state && now - entry.since > slowPhaseMs ? 1 : 0;
  let late = noneLate;
  for (const entry of entries) {
    if (entry.stage === 'done') continue;
    const open = entry.createdAt !== null && now - entry.createdAt > openMaxMs ? 1 : 0;
    late = addLate(late, {
      validating: countSlow(entry, 'validating'),
      finalizing: countSlow(entry, 'finalizing'),
      open,
      unreachable: entry.unreachableSince !== null && now - entry.unreachableSince > unreachableMs ? 1 : 0,
      // From the first answer on: a provider that forgets a batch forgets what was paid for.
      missing: entry.missingSince === null ? 0 : 1,
      createsLost: entry.createsLost ? 1 : 0,
    });
  }
  return late;
}

/** A workflow that an earlier run left: its batch is started again only after the workflow has ended. */
export interface EarlierChild {
  readonly workflowId: string;
  /** Since when the job waits for it. */
  readonly since: number;
}

/** When time alone will next make a batch late; null if never. */
export function findNextLateAt(
  entries: Iterable<BatchEntry>,
  earlier: Iterable<EarlierChild>,
  now: number,
): number | null {
  let next = Number.POSITIVE_INFINITY;
  const consider = (at: number): void => {
    if (at > now && at < next) next = at;
  };
  for (const { stage, since, createdAt, unreachableSince } of entries) {
    if (stage === 'done') continue;
    if (stage === 'validating' || stage === 'finalizing') consider(since + slowPhaseMs + 1);
    if (createdAt !== null) consider(createdAt + openMaxMs + 1);
    if (unreachableSince !== null) consider(unreachableSince + unreachableMs + 1);
  }
  for (const { since } of earlier) consider(since + earlierChildMs + 1);
  return Number.isFinite(next) ? next : null;
}

/** When a job without news raises its alert. */
export const findNoProgressAt = (movedAt: number): number => movedAt + noProgressMs + 1;

export interface AlertFacts {
  readonly now: number;
  /** Everything that holds the job. */
  readonly pauses: readonly Pause[];
  /** Whether batches are expected to make progress. */
  readonly running: boolean;
  /** When a job should have ended that has not; null if nobody said. */
  readonly dueAt: number | null;
  /** When a batch last made progress. */
  readonly movedAt: number;
  readonly late: LateCounts;
  readonly earlierChild: EarlierChild | null;
  readonly budget: Pick<Budget, 'capUsd' | 'settledUsd'>;
  readonly items: number;
  readonly failed: number;
}

/** Items that were cancelled did not fail: somebody asked for it. */
export const countFailures = (counts: Counts): number => sumCounts(counts) - (counts.cancelled ?? 0);

export function findAlerts(facts: AlertFacts): readonly Alert[] {
  const { now, pauses, running, dueAt, movedAt, late, earlierChild, budget, items, failed } = facts;
  const { capUsd, settledUsd } = budget;
  const alerts: Alert[] = [];
  if (pauses.length > 0) {
    alerts.push({ name: 'paused', text: `paused: ${pauses.map(({ note }) => note).join('; ')}` });
  }
  if (capUsd !== null && settledUsd >= budgetShareMax * capUsd) {
    alerts.push({ name: 'budget', text: `${formatPercent(settledUsd, capUsd)} of the budget is spent` });
  }
  if (items > 0 && failed / items > errorShareMax) {
    alerts.push({ name: 'error_rate', text: `${formatPercent(failed, items)} of the items failed so far` });
  }
  if (late.validating > 0) {
    alerts.push({ name: 'slow_validating', text: `${describeBatches(late.validating)} over 30 minutes in validating` });
  }
  if (late.finalizing > 0) {
    alerts.push({ name: 'slow_finalizing', text: `${describeBatches(late.finalizing)} over 30 minutes in finalizing` });
  }
  if (late.open > 0) {
    alerts.push({ name: 'open_too_long', text: `${describeBatches(late.open)} open for over 25 hours` });
  }
  if (late.unreachable > 0) {
    const text = 'the provider has not been reached for over 30 minutes: it is tried again every 5 minutes';
    alerts.push({ name: 'provider_unreachable', text });
  }
  if (late.missing > 0) {
    const what = late.missing === 1 ? 'a batch' : `${late.missing} batches`;
    const text = `the provider answers that it does not know ${what} of this job: it is polled again; if it stays unknown, the rows are in doubt`;
    alerts.push({ name: 'batch_not_found', text });
  }
  if (late.createsLost > 0) {
    const what = late.createsLost === 1 ? 'a batch is' : `${late.createsLost} batches are`;
    const text = `${what} not created again, because the replies to ${lostCreatesMax} creates were lost and the provider lists no batch of them: check there whether it made one, and why it does not reply; if none shows, the rows are in doubt`;
    alerts.push({ name: 'creates_lost', text });
  }
  if (dueAt !== null && now > dueAt) alerts.push({ name: 'sla', text: 'the job takes longer than its `sla` allows' });
  if (running && pauses.length === 0 && now - movedAt > noProgressMs) {
    alerts.push({ name: 'no_progress', text: 'nothing has moved for over 6 hours' });
  }
  if (earlierChild !== null && now - earlierChild.since > earlierChildMs) {
    const text = `${earlierChild.workflowId} of an earlier run has not ended: its batch is not started again before that`;
    alerts.push({ name: 'earlier_child', text });
  }
  return alerts;
}

const describeBatches = (count: number): string => (count === 1 ? 'a batch is' : `${count} batches are`);
const formatPercent = (part: number, whole: number): string =>
  whole === 0 ? '100%' : `${Math.round((100 * part) / whole)}%`;
