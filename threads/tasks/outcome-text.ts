// An outcome as the part of its line of answers that does not name the item.

import type { Lane, Outcome } from '../../domain/outcome/outcome.ts';
import { compileOnce } from '../compiled.ts';

/**
 * The part of a line of results between the row and the key: an answer is written once, in the form that results need. Null if the outcome is
 * not an answer, or its whole response is kept: a line of results ends with that.
 */
export function formatAnswered(
  { kind, output, usage, costUsd, model, finishReason, response }: Outcome,
  { lane, batchId }: { readonly lane: Lane; readonly batchId: string | null },
): string | null {
  if (kind !== 'answered' || response !== undefined) return null;
  return (
    `"status":"answered","output":${JSON.stringify(output ?? null)},"usage":${JSON.stringify(usage)},"costUsd":${costUsd}` +
    `,"attempts":1,"lane":"${lane}","model":${quoteName(model)},"finishReason":${quoteName(finishReason)}` +
    `,"batchId":${quoteName(batchId)}`
  );
}

/** The members of any other outcome, without braces. */
export const formatOutcome = (outcome: Outcome): string => JSON.stringify(outcome).slice(1, -1);

/** Nearly all lines of a batch have the same names. */
const quoteOnce = compileOnce((name) => JSON.stringify(name));
const quoteName = (name: string | null): string => (name === null ? 'null' : quoteOnce(name));
