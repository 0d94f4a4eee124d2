// The bounds of the walks, and what classify proves of one provider batch.

import { describeOutput, type MissingProof, proveMissing } from '../../../domain/batch/evidence.ts';
import type { BatchBounds, ProviderBatch } from '../../../domain/batch/machine.ts';
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

export function prove({ phase, ended, reading }: ProviderBatch, items: number, known: number): MissingProof {
  if (phase !== 'ended' || ended === null) return 'unknown';
  if (describeOutput(ended, rules).kind === 'nothing_ran') return 'not_run';
  if (reading === null) return 'unknown';
  return proveMissing(ended, rules, items, reading, { known, unrun: 0, withoutId: 0 });
}
