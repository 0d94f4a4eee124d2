// How each event changes what is known of a planned batch. Pure and total: the compiler checks that every event has its transition.

import type { ItemReason } from '../outcome/outcome.ts';
import type { BatchEvent, BatchEventKind, BatchEvents } from './events.ts';
import { describeOutput, type EndingRules } from './evidence.ts';
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
    // The last submission is over, so the next one gets its own name.
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
  // Nothing was created, so the submission stays the same: a find still sees what an earlier create of it made.
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
    jobEnds: known.jobEnds || endBy !== null,
  }),
  yielded: (known) => ({ ...known, yielded: true }),
  room: (known) => ({ ...known, cramped: null, yielded: false }),
  too_large: (known, { share }) => endOversized(known, share),
  nudged: (known, _event, now) => ({
    ...known,
    batches: known.batches.map((batch) => (batch.phase === 'open' ? { ...batch, nextAt: now } : batch)),
  }),
  interrupted: (known) => ({ ...known, recovered: false }),
};

/** The first reason stays: if a batch's deadline passed before the job was cancelled, the batch counts as late. */
const endWith = (known: BatchCase, reason: ItemReason): BatchCase => ({
  ...known,
  goal: 'end',
  reason: known.reason ?? reason,
});

/** A body that is too large is sent in halves. */
const endRefused = (known: BatchCase, refusal: string): BatchCase =>
  refusal === 'too_large' ? endOversized(known, 0.5) : endWith({ ...known, refusal }, 'batch_failed');

const endOversized = (known: BatchCase, share: number): BatchCase => endWith({ ...known, share }, 'oversized');

function changeBatch(known: BatchCase, id: string, change: (batch: ProviderBatch) => ProviderBatch): BatchCase {
  return { ...known, batches: known.batches.map((batch) => (batch.handle.id === id ? change(batch) : batch)) };
}

/** Several finds must see nothing, because a provider's list may lag behind its creates. */
function countFind(known: BatchCase, now: number, { findDelaysMs }: BatchBounds): BatchCase {
  if (known.intent === null) return known;
  const finds = known.intent.finds + 1;
  if (finds >= findDelaysMs.length) return { ...known, intent: null, candidate: null };
  return { ...known, intent: { ...known.intent, finds, nextAt: now + delayAt(findDelaysMs, finds) } };
}

/** When the provider's window is over, every candidate has shown whose it is. */
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
    // A reading counts as its own try.
    return isShown ? { ...polled, nextAt: now } : countTry(polled, now);
  });
  if (next.goal !== 'run' || !next.batches.every((batch) => ranNothing(batch, rules))) return next;
  const own = next.batches.find(({ role }) => role === 'own');
  if (own === undefined) return next;
  const refused = { action: own.action, refusal: ended.status, named };
  return actOnUnrun({ ...next, ordinal: next.ordinal + 1 }, refused, now, bounds);
}

/** Nothing of the batch ran: it is created again if that can help; otherwise its items are given back as not run. */
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
