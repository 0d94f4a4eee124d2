// What a person should look at while a job runs: pure conditions, each with the words for it.

import type { BatchEntry, BatchState } from './events.ts';
import type { Pause } from './status.ts';

/** Names are metric labels: a closed list. */
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
/** Vendors queue a batch for hours at times, and then run it within one. */
const noProgressMs = 6 * 60 * minuteMs;
const errorShareMax = 0.05;
const budgetShareMax = 0.8;

/** How many open batches are late, and for what. */
export interface Late {
  readonly validating: number;
  readonly finalizing: number;
  readonly open: number;
}

export const noneLate: Late = { validating: 0, finalizing: 0, open: 0 };

export const addLate = (a: Late, b: Late): Late => ({
  validating: a.validating + b.validating,
  finalizing: a.finalizing + b.finalizing,
  open: a.open + b.open,
});

export function lateAmong(entries: Iterable<BatchEntry>, now: number): Late {
  const slow = (entry: BatchEntry, stage: BatchState): number =>
    entry.stage === stage && now - entry.since > slowPhaseMs ? 1 : 0;
  let late = noneLate;
  for (const entry of entries) {
    if (entry.stage === 'done') continue;
    const open = entry.createdAt !== null && now - entry.createdAt > openMaxMs ? 1 : 0;
    late = addLate(late, { validating: slow(entry, 'validating'), finalizing: slow(entry, 'finalizing'), open });
  }
  return late;
}

export interface AlertFacts {
  readonly now: number;
  readonly pause: Pause | null;
  /** Whether batches are meant to move. */
  readonly running: boolean;
  /** When anything last moved. */
  readonly movedAt: number;
  readonly late: Late;
  readonly budget: { readonly capUsd: number | null; readonly settledUsd: number };
  readonly items: number;
  readonly failed: number;
}

export function findAlerts(facts: AlertFacts): readonly Alert[] {
  const { now, pause, running, movedAt, late, budget, items, failed } = facts;
  const { capUsd, settledUsd } = budget;
  const alerts: Alert[] = [];
  if (pause !== null) alerts.push({ name: 'paused', text: `paused: ${pause.note}` });
  if (capUsd !== null && settledUsd >= budgetShareMax * capUsd) {
    alerts.push({ name: 'budget', text: `${percent(settledUsd, capUsd)} of the budget is spent` });
  }
  if (items > 0 && failed / items > errorShareMax) {
    alerts.push({ name: 'error_rate', text: `${percent(failed, items)} of the items failed so far` });
  }
  if (late.validating > 0) {
    alerts.push({ name: 'slow_validating', text: `${batches(late.validating)} over 30 minutes in validating` });
  }
  if (late.finalizing > 0) {
    alerts.push({ name: 'slow_finalizing', text: `${batches(late.finalizing)} over 30 minutes in finalizing` });
  }
  if (late.open > 0) alerts.push({ name: 'open_too_long', text: `${batches(late.open)} open for over 25 hours` });
  if (running && pause === null && now - movedAt > noProgressMs) {
    alerts.push({ name: 'no_progress', text: 'nothing has moved for over 6 hours' });
  }
  return alerts;
}

const batches = (count: number): string => (count === 1 ? 'a batch is' : `${count} batches are`);
const percent = (part: number, whole: number): string =>
  whole === 0 ? '100%' : `${Math.round((100 * part) / whole)}%`;
