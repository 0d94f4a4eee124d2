// The bounds of the walks, and what classify says of the items of a batch.

import { describeOutput, type MissingProof, proveMissing, weakestProof } from '../../../domain/batch/evidence.ts';
import { type BatchBounds, type BatchCase, isGivenUp, type ProviderBatch } from '../../../domain/batch/machine.ts';
import { rules } from './lying-provider.ts';

const minute = 60_000;
export const bounds: BatchBounds = {
  findDelaysMs: [minute, 5 * minute, 15 * minute],
  notShownMs: 180 * minute,
  readAgainMs: 10 * minute,
  notFoundMs: 360 * minute,
  windowMs: 1440 * minute,
  graceMs: 120 * minute,
  cancelledMs: 30 * minute,
  uploadAgainMs: minute,
  pollDelaysMs: [10_000, minute, 5 * minute],
  uploadsMax: 5,
};

function prove({ phase, ended, reading }: ProviderBatch, items: number, known: number): MissingProof {
  if (phase !== 'ended' || ended === null) return 'unknown';
  if (describeOutput(ended, rules).kind === 'nothing_ran') return 'not_run';
  if (reading === null) return 'unknown';
  return proveMissing(ended, rules, items, reading, { known, unrun: 0, withoutId: 0 });
}

/** What became of an item when its batch was settled. */
export type Fate = 'read' | 'not_run' | 'lost' | 'unknown';

/** The fates are null if some of the items are not proven and there is time to read again. */
export function classifyItems(
  { batches, intent, unresolvedIntent }: BatchCase,
  items: number,
  readings: ReadonlyMap<string, ReadonlySet<number>>,
  final: boolean,
): { readonly fates: readonly Fate[] | null; readonly unproven: { id: string; proof: MissingProof }[] } {
  const read = new Set([...readings.values()].flatMap((lines) => [...lines]));
  const proofs = batches.map((batch) => ({
    id: batch.handle.id,
    proof: prove(batch, items, readings.get(batch.handle.id)?.size ?? 0),
    batch,
  }));
  const isOpen = ({ proof, batch }: (typeof proofs)[number]): boolean =>
    batch.phase === 'ended' && !isGivenUp(batch, bounds) && (proof === 'unknown' || proof === 'read_again');
  const unproven = final || read.size === items ? [] : proofs.filter(isOpen);
  if (unproven.length > 0) return { fates: null, unproven };
  const weakest = weakestProof([
    ...proofs.map(({ proof }) => (proof === 'read_again' ? 'unknown' : proof)),
    intent !== null || unresolvedIntent ? 'unknown' : 'not_run',
  ]);
  return { fates: Array.from({ length: items }, (_, item) => (read.has(item) ? 'read' : weakest)), unproven };
}
