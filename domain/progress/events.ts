// Messages between workflows about running batches: small, bounded, and safe to repeat.

import type { NamedLimit } from '../capacity/window.ts';
import { type Lane, sumCounts } from '../outcome/outcome.ts';

/** Trouble that only a person can end. The batch waits until the job is resumed. */
export const troubles = ['unauthorized', 'forbidden', 'no_money', 'wrong_account', 'wrong_region'] as const;
export type Trouble = (typeof troubles)[number];

/** The states of a batch in the coordination table. `creating` is reserved: no batch reports it. */
export const batchStates = [
  'not_started',
  'waiting',
  'staging',
  'creating',
  'validating',
  'running',
  'finalizing',
  'cancelling',
  'collecting',
  'done',
] as const;
export type BatchState = (typeof batchStates)[number];

/** The signal that a batch sends to the job or segment that coordinates it. */
export interface BatchNews {
  readonly wave: number;
  readonly batch: number;
  readonly stage: BatchState;
  readonly batchId: string | null;
  readonly done: number;
  readonly failed: number;
  /** When the provider created the batch. */
  readonly createdAt?: number;
  readonly trouble?: Trouble;
  /** Nothing of the batch can be at the provider. Absent if something may be. */
  readonly unsent?: true;
  /** The provider had no room for it: it waits for the coordinator to find some. With the limit that the provider named, or null. */
  readonly cramped?: { readonly named: NamedLimit | null };
  /** It needs no room while a person must act. After that, it waits for the coordinator to find some. */
  readonly yielded?: true;
  /** Since when the provider is not reached, for a batch of the realtime lane. */
  readonly unreachableSince?: number;
  /** Why a batch of the realtime lane waits for its part of the rate that all jobs share. */
  readonly withoutRate?: {
    readonly why: string;
    /** The job has to declare the lane again. */
    readonly isUnknown: boolean;
    /** Of the largest call that does not fit into its part; 0 if there is none. */
    readonly callTokens: number;
  };
  /** A fault of the provider that ended the batch, in a word. */
  readonly fault?: string;
  /** Since when the provider does not find the batch, which it had created. */
  readonly missingSince?: number;
  /** Too many creates of the batch were lost: it is not created again, and waits for one of them to show. */
  readonly createsLost?: true;
  /** How many of the batch's items, in the order of its rows, have answers that can be read, for a batch of the realtime lane. */
  readonly answersTo?: number;
}

/** One row of the coordination table. */
export interface BatchEntry {
  readonly wave: number;
  readonly batch: number;
  readonly lane: Lane;
  readonly model: string;
  readonly items: number;
  stage: BatchState;
  /** When the coordinator learned of this state. */
  since: number;
  createdAt: number | null;
  batchId: string | null;
  done: number;
  failed: number;
  trouble: Trouble | null;
  /** Whether it waits and has sent nothing for certain. */
  unsent: boolean;
  /** Null while the provider is reached, as far as is known. */
  unreachableSince: number | null;
  /** Null while the provider finds the batch. */
  missingSince: number | null;
  createsLost: boolean;
}

/** How many batches are in each state. */
export type BatchStateCounts = Readonly<Partial<Record<BatchState, number>>>;

export function addBatchStates(a: BatchStateCounts, b: BatchStateCounts): BatchStateCounts {
  const sum: Partial<Record<BatchState, number>> = { ...a };
  for (const [stage, count] of Object.entries(b) as [BatchState, number][]) sum[stage] = (sum[stage] ?? 0) + count;
  return sum;
}

const providerStates: readonly BatchState[] = ['validating', 'running', 'finalizing', 'cancelling'];

/** Batches that the provider has, as far as the coordinator knows. */
export const countAtProvider = (counts: BatchStateCounts): number =>
  providerStates.reduce((sum, state) => sum + (counts[state] ?? 0), 0);

export const countOpen = ({ done: _, ...open }: BatchStateCounts): number => sumCounts(open);
