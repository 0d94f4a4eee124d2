// What a worker found in a job that is not refused, in words.

import type { Validity } from '../../../domain/plan/validity.ts';

/** Nothing if no row is refused. */
export function describeRefusals(validity: Validity | null): readonly string[] {
  if (validity === null || validity.refused === 0) return [];
  const { rows, refused, isWhole, refusals } = validity;
  return [
    `${refused} of ${isWhole ? 'all' : 'the first'} ${rows} rows would be refused:`,
    ...refusals.map((each) => `  ${each}`),
  ];
}
