// The part of the configuration file that limits what jobs may use together: of accounts and models, tenants and features.

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Limits, nameAccount, noLimits } from '../domain/dispatch/limits.ts';
import { canonicalJson } from '../domain/request/canonical-json.ts';

const count = z.number().int().min(0).max(1e12).optional();
const usd = z.number().min(0).max(1e9).optional();
const room = { batches: count, enqueuedTokens: count };
/** Of the realtime lanes of a model. */
const rates = { rpm: count, tpm: count, interactive: z.number().min(0).max(1).optional() };
const caps = { dayUsd: usd, monthUsd: usd };

const account = z.strictObject({
  ...room,
  ...caps,
  models: z.record(z.string(), z.strictObject({ ...room, ...rates })).optional(),
});
/** Temporal takes weights from 0.001 to 1000. */
const weight = z.number().min(0.001).max(1000);
const share = z.number().min(0).max(0.45);

export const limitFields = {
  /** By provider, then by account. With it, even if it is empty, jobs ask the dispatcher. */
  limits: z.record(z.string(), z.record(z.string(), account)).optional(),
  tenants: z.record(z.string(), z.strictObject({ weight: weight.default(1), batches: count, ...caps })).default({}),
  /** For every tenant that is not named. */
  otherTenants: z.strictObject({ batches: count, ...caps }).optional(),
  features: z.record(z.string(), z.strictObject(caps)).optional(),
  reserved: z.strictObject({ standard: share, background: share }).optional(),
};

const limitsShape = z.object(limitFields);
type LimitsConfig = z.output<typeof limitsShape>;

export interface ConfiguredLimits {
  readonly limits: Limits;
  readonly digest: string;
}

/** Null if nothing is limited: then there is no dispatcher. */
export function readLimits({
  limits,
  tenants,
  otherTenants,
  features,
  reserved,
}: LimitsConfig): ConfiguredLimits | null {
  const isTenantLimited = Object.values(tenants).some(({ weight: _, ...rest }) => Object.keys(rest).length > 0);
  const isLimited = [limits, otherTenants, features, reserved].some((part) => part !== undefined);
  if (!isLimited && !isTenantLimited) return null;
  const accounts = Object.entries(limits ?? {}).flatMap(([provider, byName]) =>
    Object.entries(byName).map(([name, its]) => [nameAccount(provider, name), its]),
  );
  // A field that is not given must be absent, and not undefined.
  const read = JSON.parse(
    JSON.stringify({
      accounts: Object.fromEntries(accounts),
      tenants,
      otherTenants: otherTenants ?? noLimits.otherTenants,
      features: features ?? noLimits.features,
      reserved: reserved ?? noLimits.reserved,
    }),
  );
  return {
    limits: read as Limits,
    digest: createHash('sha256').update(canonicalJson(read)).digest('hex').slice(0, 16),
  };
}
