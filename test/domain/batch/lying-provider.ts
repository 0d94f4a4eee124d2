// A small model of a provider that lies: lists lag, output is named late, grows, is cut, lacks lines, sizes and counts; batches vanish.

import type { BatchEvent } from '../../../domain/batch/events.ts';
import type { EndedBatch, EndingRules } from '../../../domain/batch/evidence.ts';
import type { BatchCase } from '../../../domain/batch/machine.ts';
import { mayBlameAccount } from '../../../domain/batch/provider-batch.ts';
import type { BatchEnding, BatchHandle, UnrunAction } from '../../../domain/batch/state.ts';
import type { Choices } from './choices.ts';

const minute = 60_000;
/** The longest that the list lags behind a create: below the last find. */
const lagMaxMs = 20 * minute;

export const rules: EndingRules = {
  completed: { nothingRan: 'never', lines: 'counted', beyondCounted: 'unknown' },
  failed: { nothingRan: 'validator', lines: 'counted', beyondCounted: 'unknown' },
  expired: { nothingRan: 'never', lines: 'counted', beyondCounted: 'not_run' },
  cancelled: { nothingRan: 'never', lines: 'counted', beyondCounted: 'not_run' },
};

/** One batch as the provider has it. */
export interface Made {
  readonly handle: BatchHandle;
  readonly ordinal: number;
  readonly visibleAt: number;
  /** Items that ran, by their place in the batch; those in `dropped` ran and have no line. */
  readonly ran: Set<number>;
  readonly dropped: Set<number>;
  ending: BatchEnding | null;
  endedAt: number;
  /** What a batch that failed its validation needs. */
  action: UnrunAction;
  /** From then on the output is named. */
  shownAt: number;
  /** Until then a reading is cut, which its size shows if sizes are stated. */
  cutUntil: number;
  /** Until then the output is a shorter file. */
  growsUntil: number;
  sizes: boolean;
  counts: boolean;
  /** Not found any more. It runs anyway. */
  vanished: boolean;
}

export class LyingProvider {
  readonly made: Made[] = [];
  /** It finds no other batch of the job. */
  readonly #findsNoOther: boolean;
  readonly #items: number;
  readonly #choices: Choices;

  constructor(items: number, choices: Choices) {
    this.#items = items;
    this.#choices = choices;
    this.#findsNoOther = choices.onceIn(3);
  }

  at(id: string): Made {
    const made = this.made.find(({ handle }) => handle.id === id);
    if (made === undefined) throw new Error(`there is no ${id}`);
    return made;
  }

  /** How often an item ran, over all batches. */
  countRuns(item: number): number {
    return this.made.filter(({ ran }) => ran.has(item)).length;
  }

  /** Whether the answer of an item can still be read somewhere. */
  hasLine(item: number): boolean {
    return this.made.some(({ ran, dropped }) => ran.has(item) && !dropped.has(item));
  }

  create(ordinal: number, now: number): Made {
    const made: Made = {
      handle: { id: `batch-${this.made.length}`, createdAt: now, fileId: null },
      ordinal,
      visibleAt: now + this.#choices.choose(0, lagMaxMs / 2, lagMaxMs),
      ran: new Set(),
      dropped: new Set(),
      ending: null,
      endedAt: 0,
      action: 'give_back',
      shownAt: 0,
      cutUntil: 0,
      growsUntil: 0,
      sizes: true,
      counts: true,
      vanished: false,
    };
    this.made.push(made);
    return made;
  }

  /** What the list shows of a submission. */
  list(ordinal: number, now: number): Made[] {
    return this.made.filter((made) => made.ordinal === ordinal && made.visibleAt <= now && !made.vanished);
  }

  /** A poll that fails, or does not find the batch: then other batches are asked about, unless a person has looked. */
  missPoll(id: string, notFound: boolean, known: BatchCase): BatchEvent {
    const isTrouble = notFound && this.#findsNoOther && mayBlameAccount(known);
    return isTrouble ? { kind: 'trouble', trouble: 'wrong_account' } : { kind: 'poll_missed', id, notFound };
  }

  /** Time passes for a batch: some items run, and it may end. */
  advance(made: Made, now: number): void {
    if (made.ending !== null) return;
    const count = this.#choices.pick(this.#items + 1);
    for (let item = 0; item < count; item += 1) made.ran.add(item);
    if (this.#choices.pick(3) === 0) this.end(made, now, this.#choices.choose('completed', 'expired', 'failed'));
  }

  end(made: Made, now: number, ending: BatchEnding): void {
    const choices = this.#choices;
    if (ending === 'completed') for (let item = 0; item < this.#items; item += 1) made.ran.add(item);
    made.ending = ending;
    made.endedAt = now;
    made.action = choices.choose('give_back', 'wait_for_capacity', 'ask_a_person', 'upload_again');
    made.shownAt = now + choices.pick(3) * 30 * minute;
    made.sizes = !choices.onceIn(4);
    made.counts = !choices.onceIn(4);
    made.cutUntil = choices.onceIn(3) ? made.shownAt + 15 * minute : 0;
    made.growsUntil = choices.onceIn(4) ? made.shownAt + 9 * minute : 0;
    for (const item of made.ran) if (choices.onceIn(10)) made.dropped.add(item);
  }

  show(made: Made, now: number): EndedBatch {
    const ending = made.ending ?? 'completed';
    return {
      ending,
      status: ending,
      endedAt: made.endedAt,
      counts: made.counts ? { total: this.#items, done: made.ran.size, failed: 0 } : null,
      outputs: now >= made.shownAt && made.ran.size > 0 ? ['output'] : [],
      blamed: [],
      refusedUnrun: ending === 'failed' && made.ran.size === 0,
    };
  }

  /** The items whose lines a reading gives now, and whether it has as many bytes as stated. */
  read(made: Made, now: number): { readonly lines: number[]; readonly whole: boolean | null } {
    const lines = [...made.ran].filter((item) => !made.dropped.has(item));
    const isShort = now < Math.max(made.cutUntil, made.growsUntil);
    return {
      lines: isShort ? lines.slice(0, Math.floor(lines.length / 2)) : lines,
      whole: made.sizes ? now >= made.cutUntil : null,
    };
  }

  /** A batch that nobody polls runs anyway. */
  finish(now: number): void {
    for (const made of this.made) if (made.ending === null) this.end(made, now, 'completed');
  }
}
