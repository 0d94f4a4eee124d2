// What a worker found in a job that is not refused, in words.

import type { Validity } from '../../../domain/plan/validity.ts';

/** Nothing if there is nothing to warn of. */
export function describeCautions(validity: Validity | null): readonly string[] {
  if (validity === null) return [];
  const { rows, refused, isWhole, refusals, warnings } = validity;
  if (refused === 0) return warnings;
  return [
    ...warnings,
    `${refused} of ${isWhole ? 'all' : 'the first'} ${rows} rows would be refused:`,
    ...refusals.map((each) => `  ${each}`),
  ];
}
