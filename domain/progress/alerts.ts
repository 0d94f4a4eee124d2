// The conditions under which a running job raises an alert, each with its text. Pure.

import type { Budget } from '../money/budget.ts';
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
] as const;
export type AlertName = (typeof alertNames)[number];

export interface Alert {
  readonly name: AlertName;
  readonly text: string;
}

const minuteMs = 60_000;
/** Healthy batches are validated and written out in seconds to minutes. */
const slowPhaseMs = 30 * minuteMs;
/** Vendors promise 24 hours. */
const openMaxMs = 25 * 60 * minuteMs;
/** Vendors sometimes queue a batch for hours and then run it within one hour. */
const noProgressMs = 6 * 60 * minuteMs;
const errorShareMax = 0.05;
const budgetShareMax = 0.8;

/** How many open batches are late, by the state or age in which they are late. */
export interface LateCounts {
  readonly validating: number;
  readonly finalizing: number;
  readonly open: number;
}

export const noneLate: LateCounts = { validating: 0, finalizing: 0, open: 0 };

export const addLate = (a: LateCounts, b: LateCounts): LateCounts => ({
  validating: a.validating + b.validating,
  finalizing: a.finalizing + b.finalizing,
  open: a.open + b.open,
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
    });
  }
  return late;
}

export interface AlertFacts {
  readonly now: number;
  readonly pause: Pause | null;
  /** Whether batches are expected to make progress. */
  readonly running: boolean;
  /** When a batch last made progress. */
  readonly movedAt: number;
  readonly late: LateCounts;
  readonly budget: Pick<Budget, 'capUsd' | 'settledUsd'>;
  readonly items: number;
  readonly failed: number;
}

export function findAlerts(facts: AlertFacts): readonly Alert[] {
  const { now, pause, running, movedAt, late, budget, items, failed } = facts;
  const { capUsd, settledUsd } = budget;
  const alerts: Alert[] = [];
  if (pause !== null) alerts.push({ name: 'paused', text: `paused: ${pause.note}` });
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
  if (running && pause === null && now - movedAt > noProgressMs) {
    alerts.push({ name: 'no_progress', text: 'nothing has moved for over 6 hours' });
  }
  return alerts;
}

const describeBatches = (count: number): string => (count === 1 ? 'a batch is' : `${count} batches are`);
const formatPercent = (part: number, whole: number): string =>
  whole === 0 ? '100%' : `${Math.round((100 * part) / whole)}%`;
