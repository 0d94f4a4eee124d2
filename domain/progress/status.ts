// What a person sees of a running job: the answer to the `status` query.

import type { Counts } from '../outcome/outcome.ts';
import type { BatchStateCounts } from './events.ts';

export type JobPhase =
  | 'opening'
  | 'planning'
  | 'running'
  | 'backing_off'
  | 'paused'
  | 'cancelling'
  | 'merging'
  | 'done';

export interface Pause {
  /** person: asked for; the rest is trouble that only a person can end. */
  readonly reason: 'person' | 'budget' | 'unauthorized' | 'forbidden' | 'no_money';
  readonly since: number;
  readonly note: string;
}

export interface JobStatus {
  readonly phase: JobPhase;
  readonly pause: Pause | null;
  readonly wave: number;
  readonly waveKind: 'first' | 'retry' | 'fallback' | 'again';
  readonly rows: {
    readonly accepted: number;
    readonly refused: number;
    readonly duplicates: number;
    readonly carriedOver: number;
  };
  readonly items: {
    readonly answered: number;
    readonly underWay: number;
    readonly failed: number;
    readonly byReason: Counts;
  };
  readonly batches: {
    readonly planned: number;
    readonly open: number;
    readonly done: number;
    readonly byStage: BatchStateCounts;
  };
  readonly tokens: { readonly input: number; readonly output: number };
  readonly costUsd: number | null;
  readonly estimateUsd: number | null;
  readonly budgetUsd: number | null;
  readonly startedAt: number;
  readonly estimatedEndAt: number | null;
  /** About when the provider is looked at next. */
  readonly nextLookAt: number | null;
  readonly alerts: readonly string[];
  readonly output: string;
}

/** Progress extrapolated; null until there is something to extrapolate from. */
export function estimatedEnd(startedAt: number, now: number, done: number, total: number): number | null {
  if (done === 0 || total === 0 || done >= total) return null;
  return Math.round(now + ((now - startedAt) * (total - done)) / done);
}
