// How many batches may use a provider's capacity at the same time, learned from what the provider accepted and refused. Pure and independent of
// jobs: a holder is any text, a load is a number of batches and their tokens.
//
// Nobody says in advance how much fits. So the number of creates starts small and doubles as long as the provider accepts them. After a
// refusal, only as much is open as was accepted. What a holder gives back can be taken immediately. Beyond that, one batch at a time tries
// whether there is more room, less and less often.

/** What the provider said about its limit when it refused a batch; null where it named none. */
export interface NamedLimit {
  readonly unit: 'tokens' | 'batches';
  readonly limit: number;
}

export interface Load {
  readonly batches: number;
  readonly tokens: number;
}

interface Slot {
  readonly tokens: number;
  /** asked: not known to be accepted. refused: it uses nothing, and waits for room. */
  readonly state: 'asked' | 'accepted' | 'refused';
  readonly since: number;
}

export interface CapacityWindow {
  readonly slots: Readonly<Record<string, Slot>>;
  /** While nothing was refused, creates come in rounds: the size of this one, how many creates are left of it, and whether one was accepted. */
  readonly round: { readonly size: number; readonly left: number; readonly isAccepted: boolean };
  /** The load that the provider is known to have room for; null while it has refused nothing. */
  readonly fitting: Load | null;
  readonly named: NamedLimit | null;
  /** When one batch may try whether there is more room, and how often in a row there was none. */
  readonly probeAt: number;
  readonly failedProbes: number;
}

export const openWindow: CapacityWindow = {
  slots: {},
  round: { size: 2, left: 2, isAccepted: false },
  fitting: null,
  named: null,
  probeAt: 0,
  failedProbes: 0,
};

const minuteMs = 60_000;
/** A batch that was not refused for this long does not hold up others, although its provider may still be checking it. */
const unsureMs = minuteMs;
/** While the provider has no room for any batch of this window, others use it all: it must notice when they stop. */
const emptyProbeMs = [1, 2, 4, 8, 15, 30].map((minutes) => minutes * minuteMs);
/** While some batches run, their ends make room. The window seldom tries for more room than before. */
const growProbeMs = [30, 60, 120, 240].map((minutes) => minutes * minuteMs);
/** A limit that the provider names seldom changes. */
const namedProbeMs = [240 * minuteMs];
/** After so many refusals in a row of a batch that is alone, others' use is not the cause. */
const tooLargeAfter = 3;
/** Tokens are estimated: a batch that is refused alone for an hour may be larger than estimated, unless it is far below the limit. */
const [doubtAfter, doubtShare] = [6, 0.6];
/** A smaller batch is made to fill only this share of the limit. */
const fillShare = 0.7;

/** Whether one more batch may be created now. */
export function hasRoom(window: CapacityWindow, tokens: number, now: number): boolean {
  const { fitting, round, probeAt } = window;
  const isSure = countUnsure(window, now) === 0;
  if (fitting === null) return isSure || round.left > 0;
  return isFitting(window, fitting, tokens) || (isSure && now >= probeAt);
}

export function take(window: CapacityWindow, holder: string, tokens: number, now: number): CapacityWindow {
  const next = setSlot(window, holder, { tokens, state: 'asked', since: now });
  if (window.fitting === null) return { ...next, round: countInRound(window.round) };
  if (isFitting(window, window.fitting, tokens)) return next;
  return delayProbe({ ...next, failedProbes: window.failedProbes + 1 }, now);
}

function countInRound(round: CapacityWindow['round']): CapacityWindow['round'] {
  if (round.left > 0) return { ...round, left: round.left - 1 };
  const size = round.isAccepted ? 2 * round.size : round.size;
  return { size, left: size - 1, isAccepted: false };
}

/** The provider runs the batch, or has run it. */
export function accept(window: CapacityWindow, holder: string, now: number): CapacityWindow {
  const slot = window.slots[holder];
  if (slot === undefined || slot.state === 'accepted') return window;
  const next = setSlot(window, holder, { ...slot, state: 'accepted' });
  const { fitting } = next;
  if (fitting === null) return { ...next, round: { ...next.round, isAccepted: true } };
  const load = sumLoad(next, ({ state }) => state === 'accepted');
  const grown = { batches: Math.max(load.batches, fitting.batches), tokens: Math.max(load.tokens, fitting.tokens) };
  const wasFitting = load.batches <= fitting.batches || load.tokens <= fitting.tokens;
  return { ...next, fitting: grown, ...(wasFitting ? {} : { failedProbes: 0, probeAt: now }) };
}

/** The batch was refused because there was no room, and waits. */
export function refuse(
  window: CapacityWindow,
  holder: string,
  tokens: number,
  named: NamedLimit | null,
  now: number,
): CapacityWindow {
  const askedAt = window.slots[holder]?.since ?? now;
  const next = setSlot(window, holder, { tokens, state: 'refused', since: now });
  const asked = sumLoad(next, ({ state }) => state !== 'refused');
  // What was asked for earlier also comes first at the provider, even if it is not yet seen to run.
  const before = sumLoad(next, ({ state, since }) => state === 'accepted' || (state === 'asked' && since < askedAt));
  const fitting = readFitting(before, { batches: asked.batches + 1, tokens: asked.tokens + tokens }, named);
  // Probes for more room, while other batches ran, say nothing of one that is refused alone.
  const isNewlyEmpty = fitting.batches === 0 && window.fitting !== null && window.fitting.batches > 0;
  const failedProbes = isNewlyEmpty ? 1 : Math.max(1, window.failedProbes);
  return delayProbe({ ...next, fitting, named: named ?? window.named, failedProbes }, now);
}

/** A named limit counts if it explains the refusal. Otherwise others use part of it, or count differently, and only the accepted load fits. */
function readFitting(accepted: Load, asked: Load, named: NamedLimit | null): Load {
  if (named === null || asked[named.unit] <= named.limit) return accepted;
  return { ...accepted, [named.unit]: Math.max(accepted[named.unit], named.limit) };
}

function delayProbe(window: CapacityWindow, now: number): CapacityWindow {
  const { fitting, named, failedProbes } = window;
  const isAtNamed = named !== null && fitting !== null && fitting[named.unit] >= named.limit;
  const isEmpty = fitting?.batches === 0;
  const delays = isEmpty ? emptyProbeMs : isAtNamed ? namedProbeMs : growProbeMs;
  return { ...window, probeAt: now + (delays[Math.min(failedProbes, delays.length) - 1] ?? 0) };
}

/** The batch has ended at the provider, or was never created. */
export function release(window: CapacityWindow, holder: string): CapacityWindow {
  if (window.slots[holder] === undefined) return window;
  const { [holder]: _, ...slots } = window.slots;
  return { ...window, slots };
}

/** The refused batches; the one that has waited longest comes first. */
export function listWaiting({
  slots,
}: CapacityWindow): readonly { readonly holder: string; readonly tokens: number }[] {
  return Object.entries(slots)
    .filter(([, { state }]) => state === 'refused')
    .toSorted(([, a], [, b]) => a.since - b.since)
    .map(([holder, { tokens }]) => ({ holder, tokens }));
}

/**
 * The refused batches that cannot fit, with the share of each that should fit: the provider named a smaller limit, and refused them several
 * times while no other batch of this window was open. If all batches of the job are known here (`mayGuess`), a batch that may have more tokens
 * than estimated counts too.
 */
export function listTooLarge(
  window: CapacityWindow,
  mayGuess: boolean,
): readonly { readonly holder: string; readonly share: number }[] {
  const { named, fitting, failedProbes } = window;
  if (named?.unit !== 'tokens' || fitting?.batches !== 0) return [];
  const isTooLarge = (tokens: number): boolean =>
    (tokens > named.limit && failedProbes >= tooLargeAfter) ||
    (mayGuess && tokens > doubtShare * named.limit && failedProbes >= doubtAfter);
  return listWaiting(window)
    .filter(({ tokens }) => isTooLarge(tokens))
    .map(({ holder, tokens }) => ({ holder, share: Math.min(0.5, (fillShare * named.limit) / tokens) }));
}

/** When time alone may next make room; null if only an event can. */
export function findRoomAt(window: CapacityWindow, now: number): number | null {
  const sure = listSlots(window)
    .filter((slot) => isUnsure(slot, now))
    .map(({ since }) => since + unsureMs);
  const times = window.fitting === null ? sure : [...sure, window.probeAt];
  const later = times.filter((at) => at > now);
  return later.length === 0 ? null : Math.min(...later);
}

/** The capacity in use, as far as this window knows. */
export const countInUse = (window: CapacityWindow): Load => sumLoad(window, ({ state }) => state !== 'refused');

function isFitting(window: CapacityWindow, fitting: Load, tokens: number): boolean {
  const load = countInUse(window);
  return load.batches < fitting.batches || load.tokens + tokens <= fitting.tokens;
}

const countUnsure = (window: CapacityWindow, now: number): number =>
  listSlots(window).filter((slot) => isUnsure(slot, now)).length;

const isUnsure = ({ state, since }: Slot, now: number): boolean => state === 'asked' && now < since + unsureMs;

const listSlots = ({ slots }: CapacityWindow): readonly Slot[] => Object.values(slots);

const setSlot = (window: CapacityWindow, holder: string, slot: Slot): CapacityWindow => ({
  ...window,
  slots: { ...window.slots, [holder]: slot },
});

function sumLoad(window: CapacityWindow, isCounted: (slot: Slot) => boolean): Load {
  const counted = listSlots(window).filter(isCounted);
  return { batches: counted.length, tokens: counted.reduce((sum, { tokens }) => sum + tokens, 0) };
}
