// Rollout: a job that first runs samples of its rows, and judges each before it continues with the next. Pure.

import type { ItemKey } from '../ids.ts';
import type { Totals } from './totals.ts';

export interface RolloutPolicy {
  /** Ascending shares of the rows; the last is 1. Each step adds what the steps before it do not have. */
  readonly steps: readonly number[];
  /** For errors and, separately, for answers that do not satisfy the schema. */
  readonly maxErrorRate: number;
  /** Whether a person must approve the job after the first step. */
  readonly approve: boolean;
}

/** One check of a step; `limit` and `value` have the same unit. */
export interface StepCheck {
  readonly what: 'errors' | 'invalid answers' | 'cost per row';
  readonly value: number;
  readonly limit: number;
}

/** An ended step. Its checks are met if no value is above its limit. */
export interface JudgedStep {
  readonly step: number;
  readonly steps: number;
  readonly rows: number;
  readonly checks: readonly StepCheck[];
}

/** A forecast is an upper bound in most jobs, because it counts the longest answers. */
const costFactorMax = 1.2;
const keyDigits = 8;

/** The step of an item, from 1. It depends on the item alone, so a step is a sample over the whole dataset, and a second planner chooses the same. */
export function findStep(key: ItemKey, steps: readonly number[]): number {
  const place = Number.parseInt(key.slice(0, keyDigits), 16) / 16 ** keyDigits;
  const index = steps.findIndex((share) => place < share);
  return index === -1 ? steps.length : index + 1;
}

/** A check without figures is left out: a model without a price has no cost to compare. */
export function judgeStep(
  step: number,
  { items, answered, retryable, rejected, costUsd }: Totals,
  forecastUsd: number | null,
  { steps, maxErrorRate }: RolloutPolicy,
): JudgedStep {
  const invalid = (retryable.invalid_output ?? 0) + (rejected.invalid_output ?? 0);
  const share = (count: number): number => (items === 0 ? 0 : count / items);
  const costs: readonly StepCheck[] =
    costUsd === null || forecastUsd === null || items === 0
      ? []
      : [{ what: 'cost per row', value: costUsd / items, limit: (costFactorMax * forecastUsd) / items }];
  return {
    step,
    steps: steps.length,
    rows: items,
    checks: [
      { what: 'errors', value: share(items - answered - invalid), limit: maxErrorRate },
      { what: 'invalid answers', value: share(invalid), limit: maxErrorRate },
      ...costs,
    ],
  };
}

const isMet = ({ value, limit }: StepCheck): boolean => value <= limit;

export const listUnmet = ({ checks }: JudgedStep): readonly StepCheck[] => checks.filter((check) => !isMet(check));

export const describeStep = ({ step, steps, rows }: Pick<JudgedStep, 'step' | 'steps' | 'rows'>): string =>
  `step ${step} of ${steps} (${rows} rows)`;

/** In one line: a pause's note. */
export function describeChecks({ checks }: JudgedStep): string {
  return checks.map((check) => `${check.what} ${describeCheck(check)}`).join('; ');
}

export function describeCheck(check: StepCheck): string {
  const { what, value, limit } = check;
  const show = (figure: number): string =>
    what === 'cost per row' ? `$${figure.toPrecision(3)}` : `${(100 * figure).toFixed(1)}%`;
  return `${show(value)}, ${isMet(check) ? 'within' : 'above'} ${show(limit)}`;
}
