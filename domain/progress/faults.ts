// The last fault of the provider that a job learned of, and since when it lasts. Pure.

import type { BatchNews } from './events.ts';

export interface ProviderFault {
  /** Trouble, a refusal's code, `capacity`, `unreachable`, or `batch_failed`. */
  readonly fault: string;
  readonly since: number;
  /** When the job last learned of it. */
  readonly at: number;
}

/** A fault that comes back after this time counts as a new one. */
const sameFaultMs = 3_600_000;

export function recordFault(last: ProviderFault | null, fault: string, at: number, since = at): ProviderFault {
  const isSame = last?.fault === fault && at - last.at <= sameFaultMs;
  return { fault, at, since: isSame ? Math.min(last.since, since) : since };
}

/** Null if the news reports no fault. */
export function readFault({ trouble, unreachableSince, cramped, fault }: BatchNews): string | null {
  if (trouble !== undefined) return trouble;
  if (unreachableSince !== undefined) return 'unreachable';
  if (cramped !== undefined) return 'capacity';
  return fault ?? null;
}

export function chooseLaterFault(a: ProviderFault | null, b: ProviderFault | null): ProviderFault | null {
  if (a === null || b === null) return a ?? b;
  return a.at >= b.at ? a : b;
}
