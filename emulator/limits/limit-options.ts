// How much an account may have open in the batch lane, and how fast it may call models.
import { z } from 'zod';
import { spanFields } from '../faults/span.ts';

const count = z.number().int().min(0);

/** One figure for every model, or a figure for each named model. */
const perModel = z.union([count, z.record(z.string(), count)]);
export type PerModel = z.output<typeof perModel>;

export const limitOptions = z.strictObject({
  tokens: perModel.optional(),
  tokensRefusedAt: z.enum(['validation', 'create']).default('validation'),
  tokensMessage: z.enum(['exact', 'rounded', 'unnamed']).default('exact'),
  batches: count.optional(),
  requests: count.optional(),
  recordsMin: count.default(100),
  files: count.optional(),
  createsPerHour: count.default(2000),
  others: z
    .strictObject({
      tokens: perModel.default(0),
      batches: count.default(0),
      requests: count.default(0),
      ...spanFields,
    })
    .prefault({}),
});

export const syncOptions = z.strictObject({
  rpm: count.optional(),
  tpm: count.optional(),
  otpm: count.optional(),
  burstMs: z.number().positive().default(60_000),
  retryAfter: z.boolean().default(true),
  rate429: z.number().min(0).max(1).default(0),
});

export function figureFor(figures: PerModel | undefined, model: string): number | undefined {
  return typeof figures === 'object' ? figures[model] : figures;
}
