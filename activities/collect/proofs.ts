// Reads the evidence of every provider batch of a planned batch, and says what it proves about the items without a line.

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
import { listJournals } from '../../job-folder/journals.ts';
import { rawFile } from '../../job-folder/paths.ts';
import type { Store } from '../../storage/store.ts';
import type { ClassifyInput } from './classify-input.ts';
import type { FirstAnswers } from './first-answers.ts';
import type { RawLines } from './raw-lines.ts';

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

export async function proveItems(
  store: Store,
  input: ClassifyInput,
  planned: Pick<PlannedBatch, 'lane' | 'items'>,
  { rules, raw, answers }: { readonly rules: EndingRules; readonly raw: RawLines; readonly answers: FirstAnswers },
): Promise<Proofs> {
  if (planned.lane === 'realtime') {
    for (const { uri } of await listJournals(store, input)) await raw.read(store, uri, true);
    return { unproven: [], weakest: 'not_run', linesWithoutId: 0 };
  }
  const proofs: (Unproven & { readonly isReadable: boolean })[] = [];
  let linesWithoutId = 0;
  for (const [twin, batch] of input.batches.entries()) {
    const uri = rawFile(input, twin);
    const isThere = (await store.head(uri)) !== null;
    const lines = isThere ? await raw.read(store, uri, batch.reading?.whole === true) : noLines;
    linesWithoutId += lines.withoutId;
    const proof = prove(batch, rules, planned.items, lines);
    proofs.push({ id: batch.handle.id, proof, isReadable: batch.phase === 'ended' && !batch.final });
  }
  const isComplete = answers.count === planned.items;
  const isOpen = ({ proof, isReadable }: (typeof proofs)[number]): boolean =>
    isReadable && (proof === 'read_again' || proof === 'unknown');
  return {
    unproven: input.final || isComplete ? [] : proofs.filter(isOpen).map(({ id, proof }) => ({ id, proof })),
    weakest: weakestProof([
      ...proofs.map(({ proof }) => (proof === 'read_again' ? 'unknown' : proof)),
      input.isCreateUnknown ? 'unknown' : 'not_run',
    ]),
    linesWithoutId,
  };
}

const noLines: LineCounts = { known: 0, unrun: 0, withoutId: 0 };

function prove(
  { phase, ended, reading }: ClassifyInput['batches'][number],
  rules: EndingRules,
  items: number,
  lines: LineCounts,
): MissingProof {
  if (phase !== 'ended' || ended === null) return 'unknown';
  if (describeOutput(ended, rules).kind === 'nothing_ran') return 'not_run';
  return reading === null ? 'unknown' : proveMissing(ended, rules, items, reading, lines);
}
