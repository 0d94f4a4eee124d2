// Decides what the end of a provider batch and the bytes read from it prove about its items. Uses evidence, never absence.

import type { BatchEnding, BatchView } from './state.ts';

/** Each item of a batch is exactly one of these when the batch is settled. */
export const itemProofs = ['read', 'not_run', 'lost', 'unknown'] as const;
/**
 * read: a line with its id decides. not_run: it is proven that it did not run. lost: everything there is was read whole, twice, without
 * a line for it. unknown: anything else; it may have run.
 */
export type ItemProof = (typeof itemProofs)[number];

/** What one ending of a vendor's batch proves. Each vendor has a table of these, as data. */
export interface EndingRule {
  /**
   * When nothing ran, so there is nothing to read. `always`: with this ending. `validator`: if no output is named, nothing is counted as done,
   * and every error comes from the check before the run. `none_counted`: if the counts say that nothing was done.
   * `none_answered`: if no output is named and the counts say that nothing was answered, which is all that is billed, and a later poll shows the
   * same.
   */
  readonly nothingRan: 'always' | 'validator' | 'none_counted' | 'none_answered' | 'never';
  /** The least number of lines in an output: one for each item that ran and is counted as done or failed, or one for each item. */
  readonly lines: 'counted' | 'all';
  /** What is proven of the items beyond the counted ones. */
  readonly beyondCounted: 'not_run' | 'unknown';
}

export type EndingRules = Readonly<Record<BatchEnding, EndingRule>>;

/** A provider batch that has ended, as the provider last showed it. */
export type EndedBatch = Pick<BatchView, 'counts' | 'outputs' | 'status' | 'endedAt'> & {
  readonly ending: BatchEnding;
  /** Whether every error that it lists is one of the check before the run. */
  readonly refusedUnrun: boolean;
  /** Lines of the requests file, from 1, that the provider's check refused. */
  readonly blamed: 'all' | readonly number[];
  /** A poll shows this some time (`readAgainMs`) after the first one that saw the end. */
  readonly seenAgain?: true;
};

export type Output =
  | { readonly kind: 'nothing_ran' }
  /** Something may have run, and nothing can be read yet. */
  | { readonly kind: 'not_shown' }
  | { readonly kind: 'shown'; readonly linesMin: number | null };

/** Says what there is to read of an ended batch. */
export function describeOutput(ended: EndedBatch, rules: EndingRules): Output {
  const rule = rules[ended.ending];
  const { counts, outputs } = ended;
  const counted = counts === null ? null : counts.done + counts.failed;
  if (rule.nothingRan === 'always') return { kind: 'nothing_ran' };
  if (rule.nothingRan === 'none_counted' && counted === 0) return { kind: 'nothing_ran' };
  if (outputs.length === 0) {
    const validated = rule.nothingRan === 'validator' && ended.refusedUnrun && (counted ?? 0) === 0;
    const noneAnswered = rule.nothingRan === 'none_answered' && counts?.done === 0 && ended.seenAgain === true;
    const noneRan = rule.beyondCounted === 'not_run' && counted === 0;
    return { kind: validated || noneAnswered || noneRan ? 'nothing_ran' : 'not_shown' };
  }
  return { kind: 'shown', linesMin: rule.lines === 'all' ? (counts?.total ?? null) : counted };
}

/** One reading of an ended batch's output. */
export interface Reading {
  readonly bytes: number;
  readonly crc32: string;
  /** Whether all the bytes came that the provider stated; null if it states no size. */
  readonly whole: boolean | null;
  /** When it was read, in milliseconds. */
  readonly at: number;
  /** A second reading, later, gave the same bytes. */
  readonly confirmed: boolean;
}

/** What the lines of an output say about ids. */
export interface LineCounts {
  /** Items of this batch with at least one line. */
  readonly known: number;
  /** Those of them whose line says that they did not run. It is not known whether a vendor counts them as failed. */
  readonly unrun: number;
  /** Lines that name no item: each may belong to a missing one. Leaves out lines that may be cut off. */
  readonly withoutId: number;
}

/** If so many lines name no item, and no line names one, the vendor has dropped the ids, or its lines are not understood. */
const namelessMin = 10;

export type MissingProof = Exclude<ItemProof, 'read'> | 'read_again';

/**
 * What is proven of the items without a line. `read_again`: a later reading with the same bytes would prove that they are lost. A count is a
 * lower bound of the lines, so fewer lines than counted mean that something is missing.
 */
export function proveMissing(
  ended: EndedBatch,
  rules: EndingRules,
  items: number,
  reading: Reading,
  { known, unrun, withoutId }: LineCounts,
): MissingProof {
  const output = describeOutput(ended, rules);
  if (output.kind !== 'shown') return output.kind === 'nothing_ran' ? 'not_run' : 'unknown';
  const rule = rules[ended.ending];
  // All of it ran, and sent again it would be paid again in the same way: a person decides.
  if (known === 0 && withoutId >= namelessMin) return 'unknown';
  const lines = known + withoutId;
  const counting = rule.lines === 'all' ? lines : lines - unrun;
  const enough = output.linesMin !== null && counting >= output.linesMin;
  if (lines >= items) return 'lost';
  if (enough && rule.beyondCounted === 'not_run') return 'not_run';
  if (reading.whole === false || (reading.whole === null && !enough)) return 'unknown';
  return reading.confirmed ? 'lost' : 'read_again';
}

const order: readonly ItemProof[] = ['read', 'not_run', 'lost', 'unknown'];

/** An item may have run in any provider batch made from its batch, so the weakest proof counts. */
export function weakestProof(proofs: readonly ItemProof[]): ItemProof {
  return order[Math.max(0, ...proofs.map((proof) => order.indexOf(proof)))] ?? 'unknown';
}

/** Equal bytes prove something only if some time lies between the readings, because a provider may still be writing. */
export const isConfirmedBy = (before: Reading | null, now: Omit<Reading, 'confirmed'>, readAgainMs: number): boolean =>
  before !== null &&
  before.bytes === now.bytes &&
  before.crc32 === now.crc32 &&
  (before.confirmed || now.at - before.at >= readAgainMs);
