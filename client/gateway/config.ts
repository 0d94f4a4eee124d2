// The gateway's configuration file, NIGHTSHIFT_GATEWAY: tokens, tenants, models and limits. It holds hashes of tokens, never a token.

import { z } from 'zod';
import { queueIdPrefix } from '../../domain/queue/state.ts';
import { jobFields } from '../../input/schema.ts';
import { readSettingsFile } from '../../input/settings/settings-file.ts';
import { scopes } from './access/scopes.ts';

const megabyte = 1024 * 1024;

/** In an id of a workflow and in a path, a tenant's name must need no escape. `*` is an operator, who sees every tenant. */
const tenantName = z.string().regex(/^([a-z0-9][a-z0-9_-]{0,62}|\*)$/);

const token = z.strictObject({
  /** Of the whole token, in hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  tenant: tenantName,
  scopes: z.array(z.enum(scopes)).min(1),
});

const tenant = z.strictObject({
  /** Prefixes that its jobs may read and write below. */
  folders: z.array(z.string().min(1)).optional(),
  requestsPerSecond: z.number().positive().optional(),
});

const model = z.strictObject({
  /** A model's name; one `*` stands for any text. */
  match: z.string().min(1),
  provider: z.string().min(1),
  account: z.string().min(1).optional(),
});

/** How every batch of a front runs, and what it may cost: settings of the job file. */
const batchJobFields = jobFields.pick({
  batch: true,
  budget: true,
  fallback: true,
  feature: true,
  minBatchItems: true,
  poll: true,
  priority: true,
  retry: true,
  sla: true,
});

/** Kept as it is written, since a worker reads it again. */
const batchJob = z.custom<z.input<typeof batchJobFields>>((value) => batchJobFields.safeParse(value).success, {
  error: `must have fields of a job: some of ${Object.keys(batchJobFields.shape).join(', ')}`,
});

/** By account. A secret itself is never in the file. */
const hookAccounts = z.record(
  z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/),
  z.strictObject({
    /** The environment variable that has the secret. */
    secret: z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'must be the name of a variable, not a secret'),
  }),
);

/** Vendors that may say that a batch has ended. */
const hooks = z.strictObject({ openai: hookAccounts.default({}), gemini: hookAccounts.default({}) });

const limits = z.strictObject({
  /** Of a request with JSON. */
  bodyBytes: z
    .int()
    .positive()
    .default(8 * megabyte),
  /** Within so long, such a request must be there. */
  bodySeconds: z.number().positive().default(60),
  /** Of an uploaded file. */
  fileBytes: z
    .int()
    .positive()
    .default(8 * 1024 * megabyte),
  /** Of all items that wait to be written for their queues. */
  intakeBytes: z
    .int()
    .positive()
    .default(128 * megabyte),
  /** A caller whose items are not durable after so long is told to send them again. */
  addSeconds: z.number().positive().default(30),
  linesPerBatch: z.int().positive().default(5_000_000),
  connections: z.int().positive().default(5_000),
  /** Of each token. */
  requestsPerSecond: z.number().positive().default(1_000),
  /** A reader that takes nothing for so long is cut off. */
  writeSeconds: z.number().positive().default(30),
  heartbeatSeconds: z.number().positive().default(15),
});

export const gatewayFields = z.strictObject({
  $schema: z.string().optional(),
  tokens: z.array(token).default([]),
  tenants: z.record(tenantName, tenant).default({}),
  models: z.array(model).default([]),
  batchJob: batchJob.default({}),
  hooks: hooks.prefault({}),
  /** Where the gateway keeps what callers upload: below the data root, or in a bucket. */
  folder: z.string().regex(/\/$/, 'must end with /').default('gateway/'),
  /** The address by which callers reach the gateway, for addresses in its answers. */
  publicUrl: z
    .string()
    .regex(/^https?:\/\/[a-z0-9._:[\]-]+(\/[^?#\s]*)?$/i, 'must be an http or https address')
    .transform((url) => url.replace(/\/+$/, ''))
    .optional(),
  /** Whether `X-Forwarded-Host` and `X-Forwarded-Proto` are believed: only if a proxy in front sets them itself. */
  trustProxy: z.boolean().default(false),
  limits: limits.prefault({}),
});

const fileShape = gatewayFields.superRefine(({ tokens, tenants, folder }, { addIssue }) => {
  for (const name of new Set([...Object.keys(tenants), ...tokens.map((token) => token.tenant)])) {
    const message = name === '*' ? null : findTenantProblem(name, tenants[name]?.folders, folder);
    if (message !== null) addIssue({ code: 'custom', path: ['tenants', name], message });
  }
});

/** Where jobs and queues of operators are if they name no `output`. */
const foldersOfOperators: readonly string[] = ['runs', 'queues'];

/** A tenant's ids and folders begin with its name, so they would be those of queues and operators, or of what the gateway keeps for all tenants. */
function findTenantProblem(name: string, given: readonly string[] | undefined, own: string): string | null {
  if (`${name}/` === queueIdPrefix) return 'is the name under which queues run: choose another one';
  const isOfOperators = given === undefined && foldersOfOperators.includes(name);
  if (isOfOperators) return 'has the folder of operators: choose another name';
  const asFolder = (uri: string): string => `${uri.replace(/\/*$/, '')}/`;
  const shared = (given ?? [name]).find(
    (uri) => asFolder(uri).startsWith(asFolder(own)) || own.startsWith(asFolder(uri)),
  );
  if (shared === undefined) return null;
  return `${asFolder(shared)} has what the gateway keeps for all tenants in ${own}: choose another one`;
}

export type GatewayConfig = z.output<typeof fileShape>;
export type GatewayLimits = GatewayConfig['limits'];

/** Without a file, there are no tokens and the limits are those by default. */
export const readGatewayConfig = (path: string | null): GatewayConfig =>
  readSettingsFile('NIGHTSHIFT_GATEWAY', path, fileShape);
