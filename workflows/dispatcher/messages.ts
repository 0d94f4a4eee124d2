// Every message between the dispatcher, those who declare to it, and people.

import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Answer, Declaration, Grants } from '../../domain/dispatch/declaration.ts';
import type { AskedRate, RateAnswer } from '../../domain/dispatch/lane-rate.ts';
import type { Limits, SetCap, SetLimits, SetTenant } from '../../domain/dispatch/limits.ts';
import type { DispatchPage } from '../../domain/dispatch/page/page.ts';
import type { DispatchState } from '../../domain/dispatch/state.ts';

// From a job or a segment

/** `limits` is what the worker's configuration has, and is sent only if the dispatcher asked for the file of this digest. */
export const declareUpdate = defineUpdate<
  Answer,
  [{ readonly declaration: Declaration; readonly digest: string; readonly limits?: Limits }]
>('declare');

/** From a realtime lane: what it may use now. */
export const rateQuery = defineQuery<RateAnswer, [AskedRate]>('rate');

// To a job or a segment

export const grantsSignal = defineSignal<[Grants]>('grants');
/** A new dispatcher does not know what is held. */
export const declareAgainSignal = defineSignal('declareAgain');

// From a person

export const holdingsQuery = defineQuery<DispatchPage>('holdings');
export const setLimitsUpdate = defineUpdate<string, [SetLimits]>('setLimits');
export const setTenantUpdate = defineUpdate<string, [SetTenant]>('setTenant');
export const setCapUpdate = defineUpdate<string, [SetCap]>('setCap');
/** Looks now for holders whose workflows have ended. Answers with those that were found. */
export const reclaimUpdate = defineUpdate<readonly string[], []>('reclaim');

// From its successor

/** Null if it had not taken over yet what the one before it knew. */
export const snapshotQuery = defineQuery<DispatchState | null>('snapshot');
