// The most output tokens of the answers to a request: by its own limit, or else by its model's.

import type { JobSpec } from '../job.ts';

/** What a request says about output tokens. */
export interface OutputLimit {
  /** The request's field for the limit; null if requests of the endpoint have none. */
  readonly field: string | null;
  /** Limit of one answer. `unlimited`: the request names none. `unread`: the limit is not a number, e.g. a template. */
  readonly tokens: number | 'unlimited' | 'unread';
  /** How many answers the request asks for. */
  readonly answers: number;
}

/** Null if not known. */
export function countOutputTokens({ tokens, answers }: OutputLimit, modelMax: number | undefined): number | null {
  const most = tokens === 'unlimited' ? modelMax : tokens;
  return typeof most === 'number' ? most * answers : null;
}

/** What a realtime call counts with: vendors count a request's own limit of output tokens towards the tokens of a minute. */
export const countCallTokens = (inputTokens: number, limit: OutputLimit): number =>
  inputTokens + (countOutputTokens(limit, undefined) ?? 0);

/** The field of the job that holds back work by its estimate; null if none does. */
export function findCap({
  budgetUsd,
  fallback,
  mode,
}: Pick<JobSpec, 'budgetUsd' | 'fallback' | 'mode'>): string | null {
  if (budgetUsd !== null) return 'budget';
  return fallback.maxUsd !== null && fallback.lane === 'realtime' && mode !== 'realtime' ? 'fallback.maxUsd' : null;
}
