// What was spent by each tenant, feature and account in this day and this month, against their caps.

import type { Caps } from './limits.ts';

export interface Spending {
  readonly dayUsd: number;
  readonly monthUsd: number;
  /** How much settlements of this month were above what was reserved for them. */
  readonly beyondUsd: number;
}

export interface Ledger {
  /** As in 2026-11-26, in UTC. */
  readonly day: string;
  /** By owner: `tenant:…`, `feature:…` or `account:…`. */
  readonly spent: Readonly<Record<string, Spending>>;
}

export const emptyLedger: Ledger = { day: '', spent: {} };

const nothing: Spending = { dayUsd: 0, monthUsd: 0, beyondUsd: 0 };

export const findSpending = ({ spent }: Ledger, owner: string): Spending => spent[owner] ?? nothing;

/** Starts the periods of that time. A clock that goes back never opens an earlier period again, because its money is already counted. */
export function openPeriods(ledger: Ledger, now: number): Ledger {
  const day = nameDay(now);
  if (day <= ledger.day) return ledger;
  const isSameMonth = nameMonth(day) === nameMonth(ledger.day);
  const kept = Object.entries(ledger.spent).filter(([, { monthUsd, beyondUsd }]) => monthUsd > 0 || beyondUsd > 0);
  return {
    day,
    spent: isSameMonth ? Object.fromEntries(kept.map(([owner, sum]) => [owner, { ...sum, dayUsd: 0 }])) : {},
  };
}

/** When the next day begins. */
export const findNextDayAt = (now: number): number => Date.parse(`${nameDay(now)}T00:00:00Z`) + dayMs;

/** Counts what was spent, and how much of it no reserve covered. */
export function spend(ledger: Ledger, owners: readonly string[], usd: number, beyondUsd: number): Ledger {
  if (usd === 0) return ledger;
  const added = owners.map((owner): [string, Spending] => {
    const { dayUsd, monthUsd, beyondUsd: beyond } = findSpending(ledger, owner);
    return [owner, { dayUsd: dayUsd + usd, monthUsd: monthUsd + usd, beyondUsd: beyond + beyondUsd }];
  });
  return { ...ledger, spent: keepLargest({ ...ledger.spent, ...Object.fromEntries(added) }) };
}

/** Takes back what was counted at that time, from the periods that are still those of that time. */
export function takeBack(ledger: Ledger, owners: readonly string[], usd: number, at: number): Ledger {
  const day = nameDay(at);
  const isSameMonth = nameMonth(day) === nameMonth(ledger.day);
  const lowered = owners.map((owner): [string, Spending] => {
    const spent = findSpending(ledger, owner);
    return [
      owner,
      {
        ...spent,
        dayUsd: day === ledger.day ? Math.max(0, spent.dayUsd - usd) : spent.dayUsd,
        monthUsd: isSameMonth ? Math.max(0, spent.monthUsd - usd) : spent.monthUsd,
      },
    ];
  });
  return { ...ledger, spent: { ...ledger.spent, ...Object.fromEntries(lowered) } };
}

/** The state must stay small. With more owners in a month, those that have spent the least are forgotten. */
const ownersMax = 5_000;

function keepLargest(spent: Ledger['spent']): Ledger['spent'] {
  const owners = Object.entries(spent);
  if (owners.length <= ownersMax) return spent;
  const kept = owners.toSorted(([, a], [, b]) => b.monthUsd - a.monthUsd).slice(0, Math.floor(0.9 * ownersMax));
  return Object.fromEntries(kept);
}

export interface CapState {
  readonly period: 'day' | 'month';
  readonly name: string;
  readonly capUsd: number;
  readonly settledUsd: number;
}

/** The caps that hold for an owner now. */
export function listCaps(ledger: Ledger, owner: string, { dayUsd, monthUsd }: Caps): readonly CapState[] {
  const spent = findSpending(ledger, owner);
  const day = { period: 'day', name: ledger.day, settledUsd: spent.dayUsd } as const;
  const month = { period: 'month', name: nameMonth(ledger.day), settledUsd: spent.monthUsd } as const;
  return [
    ...(dayUsd === undefined ? [] : [{ ...day, capUsd: dayUsd }]),
    ...(monthUsd === undefined ? [] : [{ ...month, capUsd: monthUsd }]),
  ];
}

const dayMs = 24 * 60 * 60_000;
const nameDay = (now: number): string => new Date(now).toISOString().slice(0, 10);
const nameMonth = (day: string): string => day.slice(0, 7);
