// Every switch of the emulator, its default and its type. Unknown keys are errors, so a misspelt fault cannot
// silently leave a test without its fault.
import { z } from 'zod';
import { limitOptions, syncOptions } from '../limits/limit-options.ts';
import { isRouteName } from '../server/routes.ts';
import { batchFaults } from './batch-faults.ts';
import { outages } from './outage-options.ts';

const rate = z.number().min(0).max(1).default(0);
const ms = z.number().min(0);
const route = z.string().refine((name) => name === '*' || isRouteName(name), { error: 'is not the name of a route' });
const count = z.number().int().min(0);

const itemErrors = z.strictObject({
  rate400: rate,
  rate429: rate,
  rate500: rate,
  rateTimeout: rate,
  rateRefusal: rate,
  rateTruncated: rate,
  rateInvalidJson: rate,
  rateEmpty: rate,
  missing: rate,
  dropped: rate,
  withoutId: rate,
  garbledLine: rate,
  duplicate: rate,
  foreign: rate,
  malformedLines: rate,
  failTimes: count.default(1),
});

const output = z.strictObject({
  shuffle: z.boolean().default(false),
  crlf: z.boolean().default(false),
  blankLines: z.boolean().default(false),
  noFinalNewline: z.boolean().default(false),
  unicodeSeparators: z.boolean().default(false),
  bigLines: z.strictObject({ rate: z.number().min(0).max(1), bytes: count }).optional(),
});

const callFault = z.strictObject({
  status: z.number().int().min(300).max(599),
  tenant: z.string().optional(),
  times: count.optional(),
  retryAfter: z.number().optional(),
  retryAfterFormat: z.enum(['seconds', 'date', 'ms', 'none']).optional(),
  type: z.string().optional(),
  code: z.string().optional(),
  param: z.string().optional(),
  message: z.string().optional(),
  body: z.string().optional(),
  shouldRetry: z.boolean().optional(),
});

const bodyCut = z.strictObject({
  route: route.optional(),
  afterBytes: count,
  withLength: z.boolean().default(false),
  times: count.default(1),
});

const list = z.strictObject({
  foreign: count.default(0),
  foreignItems: count.default(100),
  foreignSpreadMs: ms.default(60_000),
  foreignLater: z
    .strictObject({
      count: count.default(1),
      afterMs: ms.default(1000),
      items: count.optional(),
      runMs: ms.default(6 * 3_600_000),
    })
    .optional(),
  visibleAfterMs: ms.default(0),
  order: z.enum(['newest', 'oldest']).default('newest'),
  odd: z.enum(['noCreatedAt', 'farPast', 'farFuture', 'notObject']).optional(),
  oddAt: count.default(0),
  ignoreCursor: z.boolean().default(false),
  hideMore: z.boolean().default(false),
  pageMax: count.optional(),
});

const hiddenFields = z.strictObject({
  listed: z.array(z.string()).default([]),
  retrieved: z.array(z.string()).default([]),
});

const usage = z.strictObject({
  missing: rate,
  as: z.enum(['absent', 'null', 'empty']).default('absent'),
  lane: z.enum(['both', 'batch', 'sync']).default('both'),
  cacheWrite5m: count.default(0),
  cacheWrite1h: count.default(0),
  cacheSplit: z.boolean().default(true),
});

/** Who is told by signed events that a batch has ended. `copies`: how often each event is sent. */
const webhook = z.strictObject({ url: z.string(), secret: z.string(), copies: count.default(1) });

const times = z.strictObject({ times: count.optional() });

const optionsSchema = z.strictObject({
  seed: z.number().int().default(1),
  clock: z.enum(['real', 'manual']).default('real'),
  startMs: ms.optional(),
  validateMs: ms.default(500),
  runMs: ms.default(4000),
  finalizeMs: ms.default(300),
  cancelMs: ms.default(500),
  answer: z
    .strictObject({
      mode: z.enum(['hash', 'echo', 'json']).default('hash'),
      bytes: count.optional(),
      value: z.unknown().optional(),
      imageBytes: count.default(0),
    })
    .prefault({}),
  usage: usage.prefault({}),
  itemErrors: itemErrors.prefault({}),
  output: output.prefault({}),
  batch: batchFaults.prefault({}),
  vanishAll: z.union([z.boolean(), z.array(z.string())]).default(false),
  calls: z.record(route, callFault).prefault({}),
  loseReply: z.strictObject({ route, times: count.default(1), how: z.enum(['reset', 'timeout', '502']) }).optional(),
  outage: outages.optional(),
  stallBody: z.strictObject({ route, afterBytes: count.default(0), times: count.default(1) }).optional(),
  truncateBody: z.union([bodyCut, z.array(bodyCut)]).optional(),
  contentLength: z.enum(['texts', 'all', 'none']).default('texts'),
  fileBytesNull: z.boolean().default(false),
  slowHeadersMs: ms.default(0),
  latencyMs: ms.default(0),
  gzip: z.boolean().default(false),
  errorBodyText: z.string().optional(),
  webhook: webhook.optional(),
  list: list.prefault({}),
  hiddenFields: hiddenFields.prefault({}),
  retention: z.strictObject({ resultsMs: ms.optional(), inputMs: ms.optional() }).prefault({}),
  keys: z.record(z.string(), z.string()).optional(),
  sharedWorkspace: z.boolean().default(false),
  auth: z.strictObject({ reject: z.union([z.literal(401), z.literal(403)]), times: count.optional() }).optional(),
  money: z
    .strictObject({
      openai: times.optional(),
      anthropic: times.optional(),
      bedrock: times.optional(),
      gemini: times.optional(),
      vertex: times.optional(),
    })
    .prefault({}),
  limits: limitOptions.prefault({}),
  sync: syncOptions.prefault({}),
  models: z
    .strictObject({
      openai: z.array(z.string()).default([]),
      anthropic: z.array(z.string()).default([]),
      bedrock: z.array(z.string()).default([]),
      gemini: z.array(z.string()).default([]),
      vertex: z.array(z.string()).default([]),
    })
    .prefault({}),
});

export type Options = z.output<typeof optionsSchema>;
export type OptionsInput = z.input<typeof optionsSchema>;
/** A null resets the key to its default. */
export type OptionsPatch = Patch<OptionsInput>;
type Patch<T> = T extends readonly unknown[] ? T : T extends object ? { [Key in keyof T]?: Patch<T[Key]> | null } : T;
export type CallFault = z.output<typeof callFault>;
export type BodyCut = z.output<typeof bodyCut>;

export function parseOptions(input: unknown): Options {
  const parsed = optionsSchema.safeParse(input ?? {});
  if (!parsed.success) throw new Error(`options: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** Objects merge, arrays and scalars replace, null removes. */
export function mergeDeep(base: unknown, patch: unknown): unknown {
  if (!isPlain(base) || !isPlain(patch)) return patch;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) {
      delete merged[key];
    } else {
      merged[key] = mergeDeep(merged[key], value);
    }
  }
  return merged;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
