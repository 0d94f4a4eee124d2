// The life of one planned batch as a pure state machine: what is known, what happened, and what to do next.
//
// An item is given back only when no intent of any submission of its batch is open and every provider batch of any ordinal has ended. Only this
// file decides that: each way out of a batch (refused, failed, expired, cancelled, deadline, capacity, terminated, taken over) ends in
// `classify`, and its input says what is proven.

import type { NamedLimit } from '../capacity/window.ts';
import type { ItemReason } from '../outcome/outcome.ts';
import type { Trouble } from '../progress/events.ts';
import { describeOutput, type EndedBatch, type EndingRules, type Reading } from './evidence.ts';
import type { BatchHandle, UnrunAction } from './state.ts';

/** How long each uncertain state may last. Pinned when the job opens. */
export interface BatchBounds {
  /** Waits before each find. If all finds return nothing, a lost create is believed not to have happened. */
  readonly findDelaysMs: readonly number[];
  /** How long output may stay hidden or incomplete. */
  readonly notShownMs: number;
  /** The least time between two readings that must give the same bytes. */
  readonly readAgainMs: number;
  /** How long the provider may not find a batch. */
  readonly notFoundMs: number;
  /** The provider's own window for a batch, and how much longer a batch may stay open. */
  readonly windowMs: number;
  readonly graceMs: number;
  /** How long a cancelled batch may take to end. */
  readonly cancelledMs: number;
  /** The wait before a file that the provider no longer finds is uploaded again. */
  readonly uploadAgainMs: number;
  readonly pollDelaysMs: readonly number[];
  readonly uploadsMax: number;
}

/** One provider batch made from this planned batch: its own, or a further match of a find (a twin). */
export interface ProviderBatch {
  readonly handle: BatchHandle;
  readonly ordinal: number;
  readonly role: 'own' | 'twin';
  /** open: it was not seen to end. ended: it was. unresolved: its time is over, and its items may have run. */
  readonly phase: 'open' | 'ended' | 'unresolved';
  readonly polls: number;
  readonly nextAt: number;
  readonly cancelAskedAt: number | null;
  /** The time to ask for a cancellation again, after the provider refused one. */
  readonly cancelAt: number;
  readonly missingSince: number | null;
  readonly ended: EndedBatch | null;
  readonly endedSeenAt: number | null;
  /** What to do if nothing ran. */
  readonly action: UnrunAction;
  /** The first and the last time that the worker asked for the output of the ended batch, by a poll or a reading. */
  readonly firstTriedAt: number | null;
  readonly lastTriedAt: number | null;
  readonly reading: Reading | null;
  /** A reading was not enough: read again at `nextAt`. */
  readonly readAgain: boolean;
}

/** It is not known whether a create took effect. */
export interface OpenIntent {
  readonly finds: number;
  /** From this time on, the create can no longer reach the provider. */
  readonly overAt: number;
  readonly nextAt: number;
}

export interface BatchCase {
  readonly recovered: boolean;
  readonly settled: boolean;
  /** run: a provider batch may be created. end: nothing more is created, and open provider batches come to their end. */
  readonly goal: 'run' | 'end';
  /** Why the items that did not run were not sent, once the goal is `end`. */
  readonly reason: ItemReason | null;
  /** Why the provider refused the whole batch before it ran, in a word; null if it did not. */
  readonly refusal: string | null;
  readonly paused: boolean;
  readonly trouble: Trouble | null;
  /** The provider found none of the job's batches, and a person has resumed the job. Holds until a poll finds this one again. */
  readonly accountChecked: boolean;
  readonly ordinal: number;
  readonly uploaded: boolean;
  readonly fileId: string | null;
  readonly uploads: number;
  readonly intent: OpenIntent | null;
  /** The time of an intent is over without a result: the items may have run. */
  readonly unresolvedIntent: boolean;
  /** The provider batch that the create may have made, by the last find; null if there is none, or several. */
  readonly candidate: string | null;
  readonly batches: readonly ProviderBatch[];
  /** Set while the provider has no room: nothing is created until the coordinator says that there is some. */
  readonly cramped: { readonly named: NamedLimit | null } | null;
  /** It gave its room to other jobs while it was held. Nothing is created until the coordinator has room for it again. */
  readonly yielded: boolean;
  /** If the batch is too large for the provider: the share of its requests that a smaller batch may have. */
  readonly share: number | null;
  /** Nothing is created before this. */
  readonly createAt: number;
  /** A cancelled batch ends by this time, whatever is known. */
  readonly giveUpAt: number | null;
  /** The job itself ends by then. Otherwise a person may have cancelled only this batch, and what is not known then is left to its next run. */
  readonly jobEnds: boolean;
  readonly deadlineMs: number;
}

export const newCase = (deadlineMs: number): BatchCase => ({
  recovered: false,
  settled: false,
  goal: 'run',
  reason: null,
  refusal: null,
  paused: false,
  trouble: null,
  accountChecked: false,
  ordinal: 0,
  uploaded: false,
  fileId: null,
  uploads: 0,
  intent: null,
  unresolvedIntent: false,
  candidate: null,
  batches: [],
  cramped: null,
  yielded: false,
  share: null,
  createAt: 0,
  giveUpAt: null,
  jobEnds: false,
  deadlineMs,
});

/** The next step. `hold` waits for an event or a time. */
export type BatchStep =
  | { readonly kind: 'recover' }
  | { readonly kind: 'hold'; readonly why: HoldReason; readonly until: number | null }
  | { readonly kind: 'upload' }
  | { readonly kind: 'create' }
  | { readonly kind: 'find' }
  | { readonly kind: 'cancel'; readonly id: string }
  | { readonly kind: 'poll'; readonly id: string }
  | { readonly kind: 'read'; readonly id: string }
  /** `final`: the time of everything is over, and items whose fate is unknown now are in doubt. */
  | { readonly kind: 'classify'; readonly final: boolean }
  /** The time of a cancelled batch is over, and not everything is known. */
  | { readonly kind: 'leave' }
  | { readonly kind: 'done' };

export const holdReasons = [
  'paused',
  'trouble',
  'capacity',
  'upload_again',
  'lost_create',
  'running',
  'not_shown',
  'read_again',
] as const;
export type HoldReason = (typeof holdReasons)[number];

export function nextStep(known: BatchCase, now: number, rules: EndingRules, bounds: BatchBounds): BatchStep {
  if (!known.recovered) return { kind: 'recover' };
  if (known.settled) return { kind: 'done' };
  const isOver = known.giveUpAt !== null && now >= known.giveUpAt;
  const step = stepForOpen(known, now, rules, bounds) ?? stepToCreate(known, now, rules);
  if (step === null || (isOver && known.jobEnds)) return { kind: 'classify', final: isOver && known.jobEnds };
  if (isOver) return { kind: 'leave' };
  // Every step below calls the provider or waits for it.
  if (known.trouble !== null) return { kind: 'hold', why: 'trouble', until: known.giveUpAt };
  if (step.kind !== 'hold' || known.giveUpAt === null) return step;
  return { ...step, until: Math.min(step.until ?? known.giveUpAt, known.giveUpAt) };
}

/** The most urgent step for what may still run or be read; null if all of it is resolved. A wait counts only if nothing is due. */
function stepForOpen(known: BatchCase, now: number, rules: EndingRules, bounds: BatchBounds): BatchStep | null {
  const waits: Extract<BatchStep, { kind: 'hold' }>[] = [];
  for (const batch of known.batches) {
    const step = stepForBatch(known, batch, now, rules, bounds);
    if (step === null) continue;
    if (step.kind !== 'hold') return step;
    waits.push(step);
  }
  if (known.intent !== null) {
    if (now >= known.intent.nextAt) return { kind: 'find' };
    waits.push({ kind: 'hold', why: 'lost_create', until: known.intent.nextAt });
  }
  const [first, ...more] = waits;
  if (first === undefined) return null;
  return more.reduce((soonest, wait) => ((wait.until ?? 0) < (soonest.until ?? 0) ? wait : soonest), first);
}

function stepForBatch(
  known: BatchCase,
  batch: ProviderBatch,
  now: number,
  rules: EndingRules,
  bounds: BatchBounds,
): BatchStep | null {
  const { id } = batch.handle;
  if (batch.phase === 'unresolved') return null;
  if (batch.phase === 'open') {
    const cancelAt = computeCancelTime(known, batch);
    if (now >= cancelAt) return { kind: 'cancel', id };
    if (now >= batch.nextAt) return { kind: 'poll', id };
    return { kind: 'hold', why: 'running', until: Math.min(batch.nextAt, cancelAt) };
  }
  if (batch.ended === null || isGivenUp(batch, bounds)) return null;
  const output = describeOutput(batch.ended, rules);
  if (output.kind === 'nothing_ran') return null;
  if (output.kind === 'not_shown') {
    return now >= batch.nextAt ? { kind: 'poll', id } : { kind: 'hold', why: 'not_shown', until: batch.nextAt };
  }
  if (batch.reading !== null && !batch.readAgain) return null;
  return now >= batch.nextAt ? { kind: 'read', id } : { kind: 'hold', why: 'read_again', until: batch.nextAt };
}

/** A twin is cancelled immediately; the batch's own one if it is to end, or when it is late. Infinite once it was asked for. */
function computeCancelTime(known: BatchCase, batch: ProviderBatch): number {
  if (batch.cancelAskedAt !== null) return Number.POSITIVE_INFINITY;
  const isDue = batch.role === 'twin' || known.goal === 'end';
  return isDue ? batch.cancelAt : Math.max(batch.cancelAt, batch.handle.createdAt + known.deadlineMs);
}

/** True if the output was asked for until its time was over, and once more after that: a stop of the workers does not count against it. */
export const isGivenUp = ({ firstTriedAt, lastTriedAt }: ProviderBatch, { notShownMs }: BatchBounds): boolean =>
  firstTriedAt !== null && lastTriedAt !== null && lastTriedAt >= firstTriedAt + notShownMs;

/** A further provider batch may be created only if every earlier one provably ran nothing. */
const mayCreate = (known: BatchCase, rules: EndingRules): boolean =>
  known.goal === 'run' && !known.unresolvedIntent && known.batches.every((batch) => ranNothing(batch, rules));

/** Whether it holds room at the provider that it does not use: a person must act before it creates anything, and nothing of it can be there. */
export const mayYield = (known: BatchCase, rules: EndingRules): boolean =>
  (known.paused || known.trouble !== null) &&
  known.cramped === null &&
  !known.yielded &&
  known.intent === null &&
  mayCreate(known, rules);

export const ranNothing = ({ phase, ended }: ProviderBatch, rules: EndingRules): boolean =>
  phase === 'ended' && ended !== null && describeOutput(ended, rules).kind === 'nothing_ran';

/** Null if nothing is to be created. */
function stepToCreate(known: BatchCase, now: number, rules: EndingRules): BatchStep | null {
  if (!mayCreate(known, rules)) return null;
  if (known.paused) return { kind: 'hold', why: 'paused', until: null };
  if (known.cramped !== null || known.yielded) return { kind: 'hold', why: 'capacity', until: null };
  if (now < known.createAt) return { kind: 'hold', why: 'upload_again', until: known.createAt };
  return { kind: known.uploaded ? 'create' : 'upload' };
}
