// The worker's configuration: the only place that reads its environment. The registry names the variables of providers; Temporal's own
// variables and profiles are read by Temporal's library.

import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { availableParallelism, homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { parseDuration } from '../domain/duration.ts';
import { findPrice, type ModelPrice, type Prices } from '../domain/money/cost.ts';
import { builtInPrices } from '../domain/money/prices.ts';
import { needs } from '../domain/request/needs.ts';
import { parseWebhookSecrets } from '../domain/webhook/parse-secrets.ts';
import { readStoreSettings, type StoreSettings } from '../storage/registry.ts';
import { type FileConfig, readConfigFile } from './config-file.ts';

const duration = (otherwise: string) =>
  z
    .string()
    .default(otherwise)
    .transform((text, ctx) => {
      const ms = parseDuration(text);
      if (ms !== null) return ms;
      ctx.addIssue({ code: 'custom', message: 'must be a duration like "30s"' });
      return z.NEVER;
    });

const address = z.string().transform((text, ctx): Address => {
  const { host = '', port = '' } = /^\[?(?<host>[\d.a-f:]+?)\]?:(?<port>\d{1,5})$/i.exec(text)?.groups ?? {};
  if (isIP(host) !== 0 && Number(port) <= 65_535) return { host, port: Number(port) };
  ctx.addIssue({ code: 'custom', message: 'must be an IP address and a port like "0.0.0.0:8081"' });
  return z.NEVER;
});

const secrets = z.string().transform((text, ctx): readonly Buffer[] => {
  const parsed = parseWebhookSecrets(text);
  if (parsed !== null) return parsed;
  ctx.addIssue({ code: 'custom', message: 'must be `whsec_` and at least 24 random bytes as base64' });
  return z.NEVER;
});

/** As a URL writes them. */
const hosts = z.string().transform((text): readonly string[] =>
  text
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean),
);

const environment = z.object({
  NIGHTSHIFT_DATA: z.string().default('.'),
  NIGHTSHIFT_TASK_QUEUE: z.string().default('nightshift'),
  /** Further accounts, and profiles of compatible providers. */
  NIGHTSHIFT_CONFIG: z.string().optional(),
  NIGHTSHIFT_PRICES: z.string().optional(),
  NIGHTSHIFT_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  /** A create's own call ends after this time. */
  NIGHTSHIFT_CREATE_TIMEOUT: duration('25s'),
  /** How long a provider's lists may lag behind a create. */
  NIGHTSHIFT_SETTLE: duration('60s'),
  NIGHTSHIFT_HEARTBEAT: duration('30s'),
  NIGHTSHIFT_CANCEL_GRACE: duration('30m'),
  /** How long to wait for output that a provider does not show whole. */
  NIGHTSHIFT_NOT_SHOWN: duration('3h'),
  /** The time between two readings that must give the same bytes before a missing item counts as lost. */
  NIGHTSHIFT_READ_AGAIN: duration('10m'),
  /** How long the provider may not know a batch. */
  NIGHTSHIFT_NOT_FOUND: duration('6h'),
  /** How much longer than the provider's window a batch may stay open. */
  NIGHTSHIFT_OPEN_GRACE: duration('2h'),
  /** Threads for work that fills a core. */
  NIGHTSHIFT_THREADS: z.coerce.number().int().min(1).default(Math.max(2, availableParallelism())),
  /** Passes over whole files at the same time: each may fill a core. */
  NIGHTSHIFT_HEAVY: z.coerce.number().int().min(1).default(2),
  /** Uploads and downloads at the same time. */
  NIGHTSHIFT_TRANSFERS: z.coerce.number().int().min(1).default(4),
  /** How long running work may continue after SIGTERM. Then it is cancelled and left to another worker. */
  NIGHTSHIFT_DRAIN: duration('30s'),
  NIGHTSHIFT_HEALTH: address.optional(),
  NIGHTSHIFT_METRICS: address.optional(),
  /** Signs webhooks: one secret, or while it is being replaced the new and the old one. */
  NIGHTSHIFT_WEBHOOK_SECRET: secrets.default([]),
  NIGHTSHIFT_WEBHOOK_HOSTS: hosts.default([]),
  /** The workflows in a finished bundle, with which a worker starts sooner. */
  NIGHTSHIFT_BUNDLE: z.string().optional(),
  XDG_CACHE_HOME: z.string().default(join(homedir(), '.cache')),
});

/** What is below zero would make room in a budget. */
const amount = z.number().min(0);
const price = z.object({
  input: amount,
  cachedInput: amount.optional(),
  cacheWrite: amount.optional(),
  cacheWrite1h: amount.optional(),
  imageInput: amount.optional(),
  output: amount,
});
const priceFile = z.object({
  dated: z.string(),
  models: z.record(
    z.string(),
    z.object({
      /** Where there is no batch API, it is the realtime price. */
      batch: price.optional(),
      realtime: price,
      longContext: z.object({ above: amount, inputFactor: amount, outputFactor: amount }).optional(),
      regionFactor: amount.optional(),
      maxOutputTokens: z.number().int().min(0).optional(),
      lacks: z.array(z.enum(needs)).optional(),
    }),
  ),
});

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface WorkerConfig extends FileConfig, Pick<StoreSettings, 'dataRoot' | 's3PathStyle'> {
  readonly taskQueue: string;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly threads: number;
  readonly heavy: number;
  readonly transfers: number;
  readonly bundlePath: string | null;
  /** The cache folder of this project, shared by every checkout on the machine: the same one as in scripts/run.mjs. */
  readonly cache: string;
  readonly drainMs: number;
  /** The addresses of the health check and of the metrics; null, the default, opens no port. */
  readonly health: Address | null;
  readonly metrics: Address | null;
  readonly webhooks: { readonly secrets: readonly Buffer[]; readonly allowedHosts: ReadonlySet<string> };
  readonly timing: {
    readonly createCallMs: number;
    readonly settleMs: number;
    readonly heartbeatMs: number;
    readonly cancelGraceMs: number;
    readonly notShownMs: number;
    readonly readAgainMs: number;
    readonly notFoundMs: number;
    readonly openGraceMs: number;
  };
  readonly prices: { readonly dated: string; readonly models: Prices };
}

export function readConfig(variables: Readonly<Record<string, string | undefined>> = process.env): WorkerConfig {
  // An empty variable counts as not set: files of variables leave one out in this way.
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  const parsed = environment.safeParse(given);
  if (!parsed.success) {
    throw new Error(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'));
  }
  const { data } = parsed;
  const read = (variable: string): string | null => given[variable] ?? null;
  return {
    dataRoot: data.NIGHTSHIFT_DATA,
    ...readStoreSettings(read),
    taskQueue: data.NIGHTSHIFT_TASK_QUEUE,
    logLevel: data.NIGHTSHIFT_LOG_LEVEL,
    threads: data.NIGHTSHIFT_THREADS,
    heavy: data.NIGHTSHIFT_HEAVY,
    transfers: data.NIGHTSHIFT_TRANSFERS,
    bundlePath: data.NIGHTSHIFT_BUNDLE ?? null,
    cache: join(data.XDG_CACHE_HOME, 'nightshift'),
    drainMs: data.NIGHTSHIFT_DRAIN,
    health: data.NIGHTSHIFT_HEALTH ?? null,
    metrics: data.NIGHTSHIFT_METRICS ?? null,
    webhooks: {
      secrets: data.NIGHTSHIFT_WEBHOOK_SECRET,
      allowedHosts: new Set(data.NIGHTSHIFT_WEBHOOK_HOSTS),
    },
    timing: {
      createCallMs: data.NIGHTSHIFT_CREATE_TIMEOUT,
      settleMs: data.NIGHTSHIFT_SETTLE,
      heartbeatMs: data.NIGHTSHIFT_HEARTBEAT,
      cancelGraceMs: data.NIGHTSHIFT_CANCEL_GRACE,
      notShownMs: data.NIGHTSHIFT_NOT_SHOWN,
      readAgainMs: data.NIGHTSHIFT_READ_AGAIN,
      notFoundMs: data.NIGHTSHIFT_NOT_FOUND,
      openGraceMs: data.NIGHTSHIFT_OPEN_GRACE,
    },
    prices: data.NIGHTSHIFT_PRICES === undefined ? builtInPrices : pricesWith(data.NIGHTSHIFT_PRICES),
    ...readConfigFile(data.NIGHTSHIFT_CONFIG ?? null, read),
  };
}

type GivenPrice = z.output<typeof priceFile>['models'][string];

/** Batches are cheaper everywhere, and so is a cached token. If they are not, two prices were mixed up, and every estimate would be wrong. */
function checkedBatch(path: string, model: string, { batch, realtime }: GivenPrice): GivenPrice['realtime'] {
  for (const { input, cachedInput = 0 } of [realtime, batch ?? realtime]) {
    if (cachedInput > input) {
      throw new Error(`NIGHTSHIFT_PRICES: ${path}: a cached input token of ${model} costs more than any other`);
    }
  }
  if (batch === undefined) return realtime;
  const isCheaper = (name: 'input' | 'output'): boolean =>
    batch[name] < realtime[name] || (batch[name] === 0 && realtime[name] === 0);
  if (isCheaper('input') && isCheaper('output')) return batch;
  throw new Error(`NIGHTSHIFT_PRICES: ${path}: the batch price of ${model} is not below its realtime price`);
}

/** A file of the same shape as the built-in prices; its models take precedence, and the built-in ones only fill in `maxOutputTokens`. */
function pricesWith(path: string): WorkerConfig['prices'] {
  const parsed = priceFile.safeParse(JSON.parse(readFileSync(path, 'utf8')));
  if (!parsed.success) {
    throw new Error(`NIGHTSHIFT_PRICES: ${path} is not a price file: ${parsed.error.issues[0]?.path.join('.')}`);
  }
  const own = Object.entries(parsed.data.models).map(([model, given]) => {
    const prices = { ...given, batch: checkedBatch(path, model, given) } as ModelPrice;
    const maxOutputTokens = prices.maxOutputTokens ?? findPrice(model, builtInPrices.models)?.maxOutputTokens;
    return [model, maxOutputTokens === undefined ? prices : { ...prices, maxOutputTokens }] as const;
  });
  return { dated: parsed.data.dated, models: { ...builtInPrices.models, ...Object.fromEntries(own) } };
}
