// How many output tokens a request may be answered with: by its own limit, or else by the most that its model gives.

import type { JobSpec } from '../job.ts';

/** What a request says of it. */
export interface OutputLimit {
  /** The request's field for the limit. */
  readonly field: string;
  /** Of one answer. `unlimited`: the request names no limit. `unread`: it names one that is no number, e.g. a template. */
  readonly tokens: number | 'unlimited' | 'unread';
  /** How many answers the request asks for. */
  readonly answers: number;
}

/** Null if it is not known. */
export function countOutputTokens({ tokens, answers }: OutputLimit, modelMax: number | undefined): number | null {
  const most = tokens === 'unlimited' ? modelMax : tokens;
  return typeof most === 'number' ? most * answers : null;
}

/** The field of the job that holds work back by its estimate; null if no field does. */
export function findCap({
  budgetUsd,
  fallback,
  mode,
}: Pick<JobSpec, 'budgetUsd' | 'fallback' | 'mode'>): string | null {
  if (budgetUsd !== null) return 'budget';
  return fallback.maxUsd !== null && fallback.lane === 'realtime' && mode === 'batch' ? 'fallback.maxUsd' : null;
}
