// What each event changes of what is known of a planned batch. Pure and total: the compiler checks that every event has its transition.

import type { NamedLimit } from '../capacity/window.ts';
import type { ItemReason } from '../outcome/outcome.ts';
import type { Trouble } from '../progress/events.ts';
import { describeOutput, type EndedBatch, type EndingRules, type MissingProof, type Reading } from './evidence.ts';
import { type BatchBounds, type BatchCase, type ProviderBatch, ranNothing } from './machine.ts';
import {
  countPoll,
  countTry,
  delayAt,
  forgetMissing,
  isPastWindow,
  missBatch,
  newBatch,
  newIntent,
  recoverBatch,
  recoverIntent,
} from './provider-batch.ts';
import type { Recovered } from './recovered.ts';
import type { BatchHandle, UnrunAction } from './state.ts';

export interface BatchEvents {
  readonly recovered: Recovered;
  readonly uploaded: { readonly fileId: string | null };
  readonly upload_refused: { readonly refusal: string };
  readonly created: { readonly handle: BatchHandle; readonly twins: readonly BatchHandle[] };
  /** Nothing came of the create: the provider said so. */
  readonly create_refused: {
    readonly action: UnrunAction;
    readonly refusal: string;
    readonly named: NamedLimit | null;
  };
  /** The create may have taken effect: its reply was lost, or an earlier attempt's intent was found. */
  readonly create_unknown: { readonly overAt: number };
  /** A find saw nothing that might be it. */
  readonly found_none: object;
  /** A find saw batches that might be it, and will show it when they end; or the find was refused. */
  readonly found_unclear: { readonly candidate: string | null };
  readonly polled_open: { readonly id: string };
  readonly polled_ended: {
    readonly id: string;
    readonly ended: EndedBatch;
    readonly action: UnrunAction;
    readonly named: NamedLimit | null;
  };
  readonly poll_missed: { readonly id: string; readonly notFound: boolean };
  readonly cancel_asked: { readonly id: string };
  /** The provider would not cancel it now, for instance because it is still being checked. */
  readonly cancel_refused: { readonly id: string };
  readonly read: { readonly id: string; readonly reading: Reading };
  readonly read_failed: { readonly id: string };
  /** What classify could not prove of the missing items, by provider batch; empty if the tally is written. */
  readonly classified: { readonly unproven: readonly { readonly id: string; readonly proof: MissingProof }[] };
  readonly trouble: { readonly trouble: Trouble };
  readonly paused: object;
  readonly resumed: object;
  /** The job's deadline passed. */
  readonly deadline: object;
  readonly deadline_changed: { readonly deadlineMs: number };
  /** With the time by which it must end, if the job has set one. */
  readonly cancelled: { readonly endBy: number | null };
  /** The provider has room again, as far as the coordinator knows. */
  readonly room: object;
  /** Someone knows that there is news at the provider: poll now. */
  readonly nudged: object;
  /** A step was stopped before its end: what came of it is read from disk. */
  readonly interrupted: object;
}

export type BatchEventKind = keyof BatchEvents;
export type BatchEvent = { [Kind in BatchEventKind]: { readonly kind: Kind } & BatchEvents[Kind] }[BatchEventKind];

export interface Rulebook {
  readonly rules: EndingRules;
  readonly bounds: BatchBounds;
}

type Transition<Kind extends BatchEventKind> = (
  known: BatchCase,
  event: BatchEvents[Kind],
  now: number,
  book: Rulebook,
) => BatchCase;

export function applyEvent(known: BatchCase, event: BatchEvent, now: number, book: Rulebook): BatchCase {
  const transition = transitions[event.kind] as Transition<BatchEventKind>;
  return transition(known, event, now, book);
}

const transitions: { readonly [Kind in BatchEventKind]: Transition<Kind> } = {
  recovered: (known, found, now, { rules, bounds }) => {
    const batches = found.batches.map((batch) => recoverBatch(batch, now));
    const intent = found.intent === null ? null : recoverIntent(found.intent, now, bounds);
    // The last submission is over: the next one has a name of its own.
    const isOver = intent === null && batches.length > 0 && batches.every((batch) => ranNothing(batch, rules));
    return {
      ...known,
      recovered: true,
      settled: found.settled,
      ordinal: isOver ? found.ordinal + 1 : found.ordinal,
      intent,
      batches,
    };
  },
  uploaded: (known, { fileId }) => ({ ...known, uploaded: true, fileId, uploads: known.uploads + 1 }),
  upload_refused: (known, { refusal }) => endRefused(known, refusal),
  created: (known, { handle, twins }, now, { bounds }) => ({
    ...known,
    intent: null,
    unresolvedIntent: false,
    candidate: null,
    // Batches of earlier submissions provably ran nothing.
    batches: [handle, ...twins].map(
      (each, index) =>
        known.batches.find((batch) => batch.handle.id === each.id) ??
        newBatch(each, index === 0 ? 'own' : 'twin', known.ordinal, now, bounds),
    ),
  }),
  // Nothing was created, so the submission stays the same: a find still sees whatever an earlier create of it made.
  create_refused: (known, refused, now, { bounds }) => actOnUnrun({ ...known, intent: null }, refused, now, bounds),
  create_unknown: (known, { overAt }, now, { bounds }) => ({ ...known, intent: newIntent(overAt, now, bounds) }),
  found_none: (known, _event, now, { bounds }) => countFind(known, now, bounds),
  found_unclear: (known, { candidate }, now, { bounds }) => awaitCandidates({ ...known, candidate }, now, bounds),
  polled_open: (known, { id }, now, { bounds }) =>
    changeBatch({ ...known, accountChecked: false }, id, (batch) =>
      isPastWindow(batch, now, bounds)
        ? { ...countPoll(batch, now, bounds), phase: 'unresolved' }
        : { ...countPoll(batch, now, bounds), missingSince: null },
    ),
  polled_ended: (known, event, now, book) => endBatch({ ...known, accountChecked: false }, event, now, book),
  poll_missed: (known, { id, notFound }, now, { bounds }) =>
    changeBatch(known, id, (batch) => missBatch(countTry(countPoll(batch, now, bounds), now), notFound, now, bounds)),
  cancel_asked: (known, { id }, now) =>
    changeBatch(known, id, (batch) => ({ ...batch, cancelAskedAt: now, nextAt: now, polls: 0 })),
  cancel_refused: (known, { id }, now, { bounds }) =>
    changeBatch(known, id, (batch) => ({ ...batch, cancelAt: now + delayAt(bounds.pollDelaysMs, batch.polls) })),
  read: (known, { id, reading }, now, { bounds }) =>
    changeBatch(known, id, (batch) => ({
      ...countTry(batch, now),
      readAgain: reading.whole === false,
      nextAt: now + bounds.readAgainMs,
      reading,
    })),
  read_failed: (known, { id }, now, { bounds }) =>
    changeBatch(known, id, (batch) => ({
      ...countTry(batch, now),
      readAgain: true,
      nextAt: now + bounds.readAgainMs,
    })),
  classified: (known, { unproven }, now, { bounds }) => ({
    ...known,
    settled: unproven.length === 0,
    batches: known.batches.map((batch) =>
      unproven.some(({ id }) => id === batch.handle.id)
        ? { ...batch, readAgain: true, nextAt: now + bounds.readAgainMs }
        : batch,
    ),
  }),
  trouble: (known, { trouble }) => ({ ...known, trouble, batches: known.batches.map(forgetMissing) }),
  paused: (known) => ({ ...known, paused: true }),
  resumed: (known) => ({
    ...known,
    paused: false,
    trouble: null,
    accountChecked: known.accountChecked || known.trouble === 'wrong_account',
  }),
  deadline: (known) => endWith(known, known.cramped === null ? 'deadline' : 'capacity'),
  deadline_changed: (known, { deadlineMs }) => ({ ...known, deadlineMs }),
  cancelled: (known, { endBy }, now, { bounds }) => ({
    ...endWith(known, 'cancelled'),
    giveUpAt: known.giveUpAt ?? endBy ?? now + bounds.cancelledMs,
  }),
  room: (known) => ({ ...known, cramped: null }),
  nudged: (known, _event, now) => ({
    ...known,
    batches: known.batches.map((batch) => (batch.phase === 'open' ? { ...batch, nextAt: now } : batch)),
  }),
  interrupted: (known) => ({ ...known, recovered: false }),
};

/** The first reason stands: a batch that is ended by its deadline and then cancelled is late all the same. */
const endWith = (known: BatchCase, reason: ItemReason): BatchCase => ({
  ...known,
  goal: 'end',
  reason: known.reason ?? reason,
});

const endRefused = (known: BatchCase, refusal: string): BatchCase => endWith({ ...known, refusal }, 'batch_failed');

function changeBatch(known: BatchCase, id: string, change: (batch: ProviderBatch) => ProviderBatch): BatchCase {
  return { ...known, batches: known.batches.map((batch) => (batch.handle.id === id ? change(batch) : batch)) };
}

/** Several finds must see nothing: a provider's list may lag behind what it has created. */
function countFind(known: BatchCase, now: number, { findDelaysMs }: BatchBounds): BatchCase {
  if (known.intent === null) return known;
  const finds = known.intent.finds + 1;
  if (finds >= findDelaysMs.length) return { ...known, intent: null, candidate: null };
  return { ...known, intent: { ...known.intent, finds, nextAt: now + delayAt(findDelaysMs, finds) } };
}

/** By the end of the provider's window every candidate has shown whose it is. */
function awaitCandidates(known: BatchCase, now: number, bounds: BatchBounds): BatchCase {
  if (known.intent === null) return known;
  const { overAt } = known.intent;
  if (now >= overAt + bounds.windowMs + bounds.graceMs) return { ...known, intent: null, unresolvedIntent: true };
  return { ...known, intent: { finds: 0, overAt, nextAt: now + bounds.readAgainMs } };
}

function endBatch(
  known: BatchCase,
  { id, ended, action, named }: BatchEvents['polled_ended'],
  now: number,
  { rules, bounds }: Rulebook,
): BatchCase {
  const next = changeBatch(known, id, (batch) => {
    const isShown = describeOutput(ended, rules).kind === 'shown';
    const polled: ProviderBatch = {
      ...countPoll(batch, now, bounds),
      phase: 'ended',
      ended,
      action,
      endedSeenAt: batch.endedSeenAt ?? now,
    };
    // A reading counts as a try of its own.
    return isShown ? { ...polled, nextAt: now } : countTry(polled, now);
  });
  if (next.goal !== 'run' || !next.batches.every((batch) => ranNothing(batch, rules))) return next;
  const own = next.batches.find(({ role }) => role === 'own');
  if (own === undefined) return next;
  const refused = { action: own.action, refusal: ended.status, named };
  return actOnUnrun({ ...next, ordinal: next.ordinal + 1 }, refused, now, bounds);
}

/** Nothing of the batch ran: it is made again when that can help, else its items are given back, not run. */
function actOnUnrun(
  known: BatchCase,
  { action, refusal, named }: BatchEvents['create_refused'],
  now: number,
  bounds: BatchBounds,
): BatchCase {
  switch (action) {
    case 'wait_for_capacity':
      return { ...known, cramped: { named } };
    case 'ask_a_person':
      return { ...known, trouble: 'no_money' };
    case 'upload_again':
      if (known.uploads >= bounds.uploadsMax) return endRefused(known, refusal);
      return { ...known, uploaded: false, fileId: null, createAt: now + bounds.uploadAgainMs };
    case 'give_back':
      return endRefused(known, refusal);
  }
}
