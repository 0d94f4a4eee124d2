// What the evidence of every provider batch of a planned batch proves about the items without a line.

import {
  describeOutput,
  type EndingRules,
  type ItemProof,
  type LineCounts,
  type MissingProof,
  proveMissing,
  weakestProof,
} from '../../domain/batch/evidence.ts';
import type { PlannedBatch } from '../../domain/job.ts';
import type { ClassifyInput } from './classify-input.ts';

export interface Unproven {
  readonly id: string;
  readonly proof: MissingProof;
}

export interface Proofs {
  /** Provider batches to read again; empty if every item can be judged. */
  readonly unproven: readonly Unproven[];
  /** What is proven of the items without a line. */
  readonly weakest: ItemProof;
  /** Lines of all provider batches that name no item. */
  readonly linesWithoutId: number;
}

/** `readOutput` gives what the lines of one of its provider batches say; null if there is no output. `answered` counts items after that. */
export async function proveItems(
  { batches, final, isCreateUnknown }: Pick<ClassifyInput, 'batches' | 'final' | 'isCreateUnknown'>,
  { items, requests }: Pick<PlannedBatch, 'items'> & { readonly requests: number },
  rules: EndingRules,
  outputs: { readOutput(twin: number, isWhole: boolean): Promise<LineCounts | null>; countAnswered(): number },
): Promise<Proofs> {
  const proofs: (Unproven & { readonly isReadable: boolean })[] = [];
  let linesWithoutId = 0;
  for (const [twin, batch] of batches.entries()) {
    const lines = (await outputs.readOutput(twin, batch.reading?.whole === true)) ?? noLines;
    linesWithoutId += lines.withoutId;
    const proof = prove(batch, rules, requests, lines);
    proofs.push({ id: batch.handle.id, proof, isReadable: batch.phase === 'ended' && !batch.final });
  }
  const isComplete = outputs.countAnswered() === items;
  const isOpen = ({ proof, isReadable }: (typeof proofs)[number]): boolean =>
    isReadable && (proof === 'read_again' || proof === 'unknown');
  return {
    unproven: final || isComplete ? [] : proofs.filter(isOpen).map(({ id, proof }) => ({ id, proof })),
    weakest: weakestProof([
      ...proofs.map(({ proof }) => (proof === 'read_again' ? 'unknown' : proof)),
      isCreateUnknown ? 'unknown' : 'not_run',
    ]),
    linesWithoutId,
  };
}

/** In the realtime lane, notes say of each call whether it ran. */
export const realtimeProofs: Proofs = { unproven: [], weakest: 'not_run', linesWithoutId: 0 };

const noLines: LineCounts = { known: 0, unrun: 0, withoutId: 0 };

function prove(
  { phase, ended, reading }: ClassifyInput['batches'][number],
  rules: EndingRules,
  requests: number,
  lines: LineCounts,
): MissingProof {
  if (phase !== 'ended' || ended === null) return 'unknown';
  if (describeOutput(ended, rules).kind === 'nothing_ran') return 'not_run';
  return reading === null ? 'unknown' : proveMissing(ended, rules, requests, reading, lines);
}
