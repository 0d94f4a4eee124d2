// The faults of whole batches, and the batch that each of them is for.
import { z } from 'zod';

const ms = z.number().min(0);
const count = z.number().int().min(0);

const batchFault = z.strictObject({
  endAs: z.enum(['completed', 'expired', 'cancelled', 'failed']).optional(),
  partial: z.number().min(0).max(1).optional(),
  failWith: z.strictObject({ code: z.string(), message: z.string(), line: count.optional() }).optional(),
  allFailed: z.boolean().optional(),
  stuckIn: z.enum(['validating', 'in_progress', 'finalizing', 'cancelling']).optional(),
  neverEnd: z.boolean().optional(),
  vanish: z.boolean().optional(),
  unknownStatus: z.string().min(1).optional(),
  unknownStatusForMs: ms.optional(),
  fileNotFoundFor: count.optional(),
  outputNotFoundFor: count.optional(),
  outputShownAfterMs: ms.optional(),
  errorsShownAfterMs: ms.optional(),
  outputGrowsForMs: ms.optional(),
  requestCountsNull: z.boolean().optional(),
  countsZero: z.boolean().optional(),
  /** xAI: for so long only half of the requests are counted, and all of those are answered. */
  takenInForMs: ms.optional(),
  /** Anthropic: an ended batch still counts its requests as processing. */
  countsLate: z.boolean().optional(),
  /** OpenAI: no time of creation, and errors as an empty list. */
  oddFields: z.boolean().optional(),
  zeroByteErrorFile: z.boolean().optional(),
  applyTo: z.strictObject({ batches: z.array(count) }).optional(),
  first: count.optional(),
});

export type BatchFault = z.output<typeof batchFault>;
export const batchFaults = z.union([batchFault, z.array(batchFault)]);

/** The fault for the batch with this ordinal (batches count from 1, both vendors together). */
export function faultFor(options: { readonly batch: z.output<typeof batchFaults> }, ordinal: number): BatchFault {
  const faults = Array.isArray(options.batch) ? options.batch : [options.batch];
  return faults.find((fault) => applies(fault, ordinal)) ?? {};
}

function applies({ applyTo, first }: BatchFault, ordinal: number): boolean {
  if (applyTo !== undefined) return applyTo.batches.includes(ordinal);
  return first === undefined || ordinal <= first;
}
