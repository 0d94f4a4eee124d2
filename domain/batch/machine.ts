// The life of one planned batch as a pure state machine: what is known of it, what happened, and what is to be done next.
//
// No item is given back while an intent of any of its submissions is open or while a provider batch of any ordinal has not ended. This is the
// only code that says so: each way out of a batch (refused, failed, expired, cancelled, deadline, capacity, terminated, taken over) ends in
// `classify`, and its input says what is proven.

import type { NamedLimit } from '../capacity/window.ts';
import type { ItemReason } from '../outcome/outcome.ts';
import type { Trouble } from '../progress/events.ts';
import { describeOutput, type EndedBatch, type EndingRules, type Reading } from './evidence.ts';
import type { BatchHandle, UnrunAction } from './state.ts';

/** How long each uncertain state may last. Pinned when the job opens. */
export interface BatchBounds {
  /** Waits before the finds that must all return nothing before a lost create is believed not to have happened. */
  readonly findDelaysMs: readonly number[];
  /** Output that is not shown, or does not become whole. */
  readonly notShownMs: number;
  /** Between two readings that must give the same bytes. */
  readonly readAgainMs: number;
  /** A batch that is not found. */
  readonly notFoundMs: number;
  /** The provider's own window for a batch, and how much longer a batch may stay open. */
  readonly windowMs: number;
  readonly graceMs: number;
  /** A cancelled job, in all. */
  readonly cancelledMs: number;
  /** Before a file that the provider does not find any more is uploaded again. */
  readonly uploadAgainMs: number;
  readonly pollDelaysMs: readonly number[];
  readonly uploadsMax: number;
}

/** One provider batch that was made of this planned batch: its own, or another match of a find (a twin). */
export interface ProviderBatch {
  readonly handle: BatchHandle;
  readonly ordinal: number;
  readonly role: 'own' | 'twin';
  /** open: not seen to have ended. ended: seen. unresolved: its bound is over; its items may have run. */
  readonly phase: 'open' | 'ended' | 'unresolved';
  readonly polls: number;
  readonly nextAt: number;
  readonly cancelAskedAt: number | null;
  /** The provider refused to cancel it: it is asked again after the next poll. */
  readonly cancelAt: number;
  readonly missingSince: number | null;
  readonly ended: EndedBatch | null;
  readonly endedSeenAt: number | null;
  /** What is to be done if nothing ran. */
  readonly action: UnrunAction;
  /** The first and the last time that the output of an ended batch was asked for, by a poll or a reading. */
  readonly firstTriedAt: number | null;
  readonly lastTriedAt: number | null;
  readonly reading: Reading | null;
  /** A reading was not enough: read again at `nextAt`. */
  readonly readAgain: boolean;
}

/** A create may have taken effect, and nobody knows. */
export interface OpenIntent {
  readonly finds: number;
  /** From then on the create can no longer reach the provider. */
  readonly overAt: number;
  readonly nextAt: number;
}

export interface BatchCase {
  readonly recovered: boolean;
  readonly settled: boolean;
  /** run: a provider batch may be created. end: nothing more is created, and what there is comes to its end. */
  readonly goal: 'run' | 'end';
  /** Why the items that did not run were not sent, once the goal is to end. */
  readonly reason: ItemReason | null;
  /** Why the provider refused the whole batch before it ran, in a word; null if it did not. */
  readonly refusal: string | null;
  readonly paused: boolean;
  readonly trouble: Trouble | null;
  /** The provider found none of the job's batches, and a person resumed the job since. Until a poll finds this one again. */
  readonly accountChecked: boolean;
  readonly ordinal: number;
  readonly uploaded: boolean;
  readonly fileId: string | null;
  readonly uploads: number;
  readonly intent: OpenIntent | null;
  /** An intent whose bound is over: the items may have run. */
  readonly unresolvedIntent: boolean;
  /** The provider batch that may be the one of that create, as the last find saw; null if none may be, or several. */
  readonly candidate: string | null;
  readonly batches: readonly ProviderBatch[];
  /** The provider had no room: nothing is created before the coordinator says that there is some. Null otherwise. */
  readonly cramped: { readonly named: NamedLimit | null } | null;
  /** If it is too large for the provider: the share of its requests that a smaller batch may have. */
  readonly share: number | null;
  /** Nothing is created before this. */
  readonly createAt: number;
  /** A cancelled job ends by then, whatever is known. */
  readonly giveUpAt: number | null;
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
  share: null,
  createAt: 0,
  giveUpAt: null,
  deadlineMs,
});

/** What is done next. `hold` waits for an event or a time. */
export type BatchStep =
  | { readonly kind: 'recover' }
  | { readonly kind: 'hold'; readonly why: HoldReason; readonly until: number | null }
  | { readonly kind: 'upload' }
  | { readonly kind: 'create' }
  | { readonly kind: 'find' }
  | { readonly kind: 'cancel'; readonly id: string }
  | { readonly kind: 'poll'; readonly id: string }
  | { readonly kind: 'read'; readonly id: string }
  /** `final`: the time of all of it is over, and what is unknown now is in doubt. */
  | { readonly kind: 'classify'; readonly final: boolean }
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
  const step = isOver ? null : (stepForOpen(known, now, rules, bounds) ?? stepToCreate(known, now, rules));
  if (step === null) return { kind: 'classify', final: isOver };
  // Every step here is a call to the provider, or waits for one.
  if (known.trouble !== null) return { kind: 'hold', why: 'trouble', until: known.giveUpAt };
  if (step.kind !== 'hold' || known.giveUpAt === null) return step;
  return { ...step, until: Math.min(step.until ?? known.giveUpAt, known.giveUpAt) };
}

/** The most urgent step for what may still run or be read, null if all of it is resolved. A wait counts only if nothing is due. */
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

/** A twin is cancelled at once; the own one if the batch is to end, or when it is late. Infinite once it was asked for. */
function computeCancelTime(known: BatchCase, batch: ProviderBatch): number {
  if (batch.cancelAskedAt !== null) return Number.POSITIVE_INFINITY;
  const isDue = batch.role === 'twin' || known.goal === 'end';
  return isDue ? batch.cancelAt : Math.max(batch.cancelAt, batch.handle.createdAt + known.deadlineMs);
}

/** Its output was asked for over all of its time, and once more after that: a stop of the workers does not count against it. */
export const isGivenUp = ({ firstTriedAt, lastTriedAt }: ProviderBatch, { notShownMs }: BatchBounds): boolean =>
  firstTriedAt !== null && lastTriedAt !== null && lastTriedAt >= firstTriedAt + notShownMs;

/** Another provider batch may be made only if every earlier one provably ran nothing. */
const mayCreate = (known: BatchCase, rules: EndingRules): boolean =>
  known.goal === 'run' && !known.unresolvedIntent && known.batches.every((batch) => ranNothing(batch, rules));

export const ranNothing = ({ phase, ended }: ProviderBatch, rules: EndingRules): boolean =>
  phase === 'ended' && ended !== null && describeOutput(ended, rules).kind === 'nothing_ran';

/** Null if nothing more is to be created. */
function stepToCreate(known: BatchCase, now: number, rules: EndingRules): BatchStep | null {
  if (!mayCreate(known, rules)) return null;
  if (known.paused) return { kind: 'hold', why: 'paused', until: null };
  if (known.cramped !== null) return { kind: 'hold', why: 'capacity', until: null };
  if (now < known.createAt) return { kind: 'hold', why: 'upload_again', until: known.createAt };
  return { kind: known.uploaded ? 'create' : 'upload' };
}
