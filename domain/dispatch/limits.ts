// The limits that a person sets: of accounts and their models, of tenants and of features. What is set while the dispatcher runs stands over
// what the configuration file has.

import { readOwn } from '../read-own.ts';

/** Absent: no limit is known. */
export interface RoomLimits {
  readonly batches?: number;
  readonly enqueuedTokens?: number;
}

/** Of the realtime lanes of one model. Absent: no limit is known. */
export interface RateLimits {
  /** Requests and tokens a minute. */
  readonly rpm?: number;
  readonly tpm?: number;
  /** The part of both that is kept for traffic outside Nightshift. */
  readonly interactive?: number;
}

export interface ModelLimits extends RoomLimits, RateLimits {}

/** Dollars for each day and each month (UTC). Absent: no cap. */
export interface Caps {
  readonly dayUsd?: number;
  readonly monthUsd?: number;
}

export interface TenantLimits extends Caps {
  readonly batches?: number;
  /** Its share of what tenants share, compared with others of the same priority. Default 1. */
  readonly weight?: number;
}

export interface AccountLimits extends RoomLimits, Caps {
  readonly models?: Readonly<Record<string, ModelLimits>>;
}

export interface Limits {
  /** By `provider/account`. */
  readonly accounts: Readonly<Record<string, AccountLimits>>;
  readonly tenants: Readonly<Record<string, TenantLimits>>;
  /** For tenants that are not named. */
  readonly otherTenants: TenantLimits;
  readonly features: Readonly<Record<string, Caps>>;
  /** The parts of all grants that batches of priority 2 and 3 get while more urgent ones wait. */
  readonly reserved: { readonly standard: number; readonly background: number };
}

export const noLimits: Limits = {
  accounts: {},
  tenants: {},
  otherTenants: {},
  features: {},
  reserved: { standard: 0.2, background: 0.1 },
};

/** What updates have set. Null in an update takes the file's value again. */
export type Overrides = Pick<Limits, 'accounts' | 'tenants' | 'features'>;

export const noOverrides: Overrides = { accounts: {}, tenants: {}, features: {} };

export const nameAccount = (provider: string, account: string): string => `${provider}/${account}`;

export function mergeLimits(file: Limits, { accounts, tenants, features }: Overrides): Limits {
  return {
    ...file,
    accounts: mergeEach(file.accounts, accounts, (below, above) => ({
      ...below,
      ...above,
      models: mergeEach(below.models ?? {}, above.models ?? {}, spread),
    })),
    tenants: mergeEach(file.tenants, tenants, (below, above) => ({ ...below, ...above }), file.otherTenants),
    features: mergeEach(file.features, features, spread),
  };
}

function mergeEach<T extends object>(
  below: Readonly<Record<string, T>>,
  above: Readonly<Record<string, T>>,
  merge: (below: T, above: T) => T,
  otherwise: T = {} as T,
): Readonly<Record<string, T>> {
  const merged = Object.entries(above).map(([name, value]) => [name, merge(readOwn(below, name) ?? otherwise, value)]);
  return { ...below, ...Object.fromEntries(merged) };
}

const spread = <T extends object>(below: T, above: T): T => ({ ...below, ...above });

export const findTenant = ({ tenants, otherTenants }: Limits, tenant: string): TenantLimits =>
  readOwn(tenants, tenant) ?? otherTenants;

/** The input of `setLimits`. */
export interface SetLimits {
  readonly provider: string;
  readonly account?: string;
  /** Absent: the limits of the whole account. */
  readonly model?: string;
  readonly batches?: number | null;
  readonly enqueuedTokens?: number | null;
  /** Only of a model. */
  readonly rpm?: number | null;
  readonly tpm?: number | null;
  readonly interactive?: number | null;
}

/** The input of `setTenant`. */
export interface SetTenant {
  readonly tenant: string;
  readonly batches?: number | null;
  readonly weight?: number | null;
}

/** The input of `setCap`: of exactly one of tenant, feature and account. */
export interface SetCap {
  readonly tenant?: string;
  readonly feature?: string;
  /** `provider/account`. */
  readonly account?: string;
  readonly dayUsd?: number | null;
  readonly monthUsd?: number | null;
}

export function setLimits(
  overrides: Overrides,
  { provider, account = 'default', model, ...room }: SetLimits,
): Overrides {
  const key = nameAccount(provider, account);
  const before = overrides.accounts[key] ?? {};
  const models = before.models ?? {};
  const next =
    model === undefined
      ? withValues(before, room)
      : { ...before, models: { ...models, [model]: withValues(models[model] ?? {}, room) } };
  return { ...overrides, accounts: { ...overrides.accounts, [key]: next } };
}

export function setTenant(overrides: Overrides, { tenant, ...values }: SetTenant): Overrides {
  const next = withValues(readOwn(overrides.tenants, tenant) ?? {}, values);
  return { ...overrides, tenants: { ...overrides.tenants, [tenant]: next } };
}

export function setCap(overrides: Overrides, { tenant, feature, account, ...caps }: SetCap): Overrides {
  if (tenant !== undefined) return setTenant(overrides, { tenant, ...caps } as SetTenant);
  const [group, name] = feature === undefined ? (['accounts', account] as const) : (['features', feature] as const);
  const byName: Readonly<Record<string, Caps>> = overrides[group];
  return {
    ...overrides,
    [group]: { ...byName, [String(name)]: withValues(readOwn(byName, String(name)) ?? {}, caps) },
  };
}

/** Null removes a value, and absent leaves it. */
function withValues<T extends object>(before: T, values: Readonly<Record<string, number | null | undefined>>): T {
  const next: Record<string, unknown> = Object.fromEntries(Object.entries(before));
  for (const [name, value] of Object.entries(values)) {
    if (value === null) delete next[name];
    else if (value !== undefined) next[name] = value;
  }
  return next as T;
}

const countMax = 1e12;
const usdMax = 1e9;
const weightMax = 1000;
const nameMax = 200;

const ranges: Readonly<Record<string, readonly [isWhole: boolean, max: number]>> = {
  batches: [true, countMax],
  enqueuedTokens: [true, countMax],
  rpm: [true, countMax],
  tpm: [true, countMax],
  interactive: [false, 1],
  weight: [false, weightMax],
  dayUsd: [false, usdMax],
  monthUsd: [false, usdMax],
};

/** What is wrong with an update's input; null if nothing is. `names` are the fields that name what is changed. */
export function findProblem(input: unknown, names: readonly string[], values: readonly string[]): string | null {
  if (typeof input !== 'object' || input === null) return `give an object with ${[...names, ...values].join(', ')}`;
  for (const [field, value] of Object.entries(input)) {
    const problem = names.includes(field)
      ? findNameProblem(value)
      : values.includes(field)
        ? findValueProblem(field, value)
        : `is not one of ${[...names, ...values].join(', ')}`;
    if (problem !== null) return `${field}: ${problem}`;
  }
  return values.some((field) => field in input) ? null : `give at least one of ${values.join(', ')}`;
}

const findNameProblem = (value: unknown): string | null =>
  typeof value === 'string' && value.length > 0 && value.length <= nameMax
    ? null
    : `must be a text of 1 to ${nameMax} characters`;

function findValueProblem(field: string, value: unknown): string | null {
  const [isWhole, max] = ranges[field] ?? [false, 0];
  if (value === null) return null;
  const isFine = typeof value === 'number' && value >= 0 && value <= max && (!isWhole || Number.isInteger(value));
  if (!isFine) return `must be a${isWhole ? ' whole' : ''} number from 0 to ${max}, or null for the file's value`;
  return field === 'weight' && value === 0 ? 'must be above 0' : null;
}
