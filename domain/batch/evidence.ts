// What the end of a provider batch and the bytes read from it prove about its items. Decides from evidence, never from absence.

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
   * When nothing ran, so that there is nothing to read. `always`: this ending says so. `validator`: if no output is named, nothing is
   * counted as done, and every error comes from the check before the run. `none_counted`: if the counts say that nothing was done.
   */
  readonly nothingRan: 'always' | 'validator' | 'none_counted' | 'never';
  /** How many lines an output has at least: one for each item that ran and is counted as done or failed, or one for each item. */
  readonly lines: 'counted' | 'all';
  /** Whether the items beyond the counted ones did not run. */
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
};

export type Output =
  | { readonly kind: 'nothing_ran' }
  /** Something may have run, and nothing can be read yet. */
  | { readonly kind: 'not_shown' }
  | { readonly kind: 'shown'; readonly linesMin: number | null };

/** What is to be read of an ended batch. */
export function describeOutput(ended: EndedBatch, rules: EndingRules): Output {
  const rule = rules[ended.ending];
  const { counts, outputs } = ended;
  const counted = counts === null ? null : counts.done + counts.failed;
  if (rule.nothingRan === 'always') return { kind: 'nothing_ran' };
  if (rule.nothingRan === 'none_counted' && counted === 0) return { kind: 'nothing_ran' };
  if (outputs.length === 0) {
    const validated = rule.nothingRan === 'validator' && ended.refusedUnrun && (counted ?? 0) === 0;
    const noneRan = rule.beyondCounted === 'not_run' && counted === 0;
    return { kind: validated || noneRan ? 'nothing_ran' : 'not_shown' };
  }
  return { kind: 'shown', linesMin: rule.lines === 'all' ? (counts?.total ?? null) : counted };
}

/** One reading of an ended batch's output. */
export interface Reading {
  readonly bytes: number;
  readonly crc32: string;
  /** Whether as many bytes came as the provider stated; null if it states no size. */
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
  /** Those of them whose line says that they did not run. Whether a vendor counts them as failed is not known. */
  readonly unrun: number;
  /** Lines that name no item: each may be the line of one that is missing. A last line that may be cut off is none of them. */
  readonly withoutId: number;
}

export type MissingProof = Exclude<ItemProof, 'read'> | 'read_again';

/**
 * What is true of the items without a line. `read_again`: a later reading with the same bytes would prove that they are lost. A count is a
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
  const lines = known + withoutId;
  const counting = rule.lines === 'all' ? lines : lines - unrun;
  const enough = output.linesMin !== null && counting >= output.linesMin;
  if (lines >= items) return 'lost';
  if (enough && rule.beyondCounted === 'not_run') return 'not_run';
  if (reading.whole === false || (reading.whole === null && !enough)) return 'unknown';
  return reading.confirmed ? 'lost' : 'read_again';
}

const order: readonly ItemProof[] = ['read', 'not_run', 'lost', 'unknown'];

/** An item may have run in any of the provider batches that were made of its batch: the weakest proof counts. */
export function weakestProof(proofs: readonly ItemProof[]): ItemProof {
  return order[Math.max(0, ...proofs.map((proof) => order.indexOf(proof)))] ?? 'unknown';
}

/** The same bytes prove something only if they were read again after a while: a provider may still be writing. */
export const isConfirmedBy = (before: Reading | null, now: Omit<Reading, 'confirmed'>, readAgainMs: number): boolean =>
  before !== null &&
  before.bytes === now.bytes &&
  before.crc32 === now.crc32 &&
  (before.confirmed || now.at - before.at >= readAgainMs);
