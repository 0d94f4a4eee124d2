// The registry's entry of a vendor: the settings of its accounts, and how to make a provider from one account.

import type { OpenBucket } from './bucket.ts';
import type { Provider } from './provider.ts';

/** One value from which a vendor's client is made. Everything is explicit: environment variables that an SDK reads have no effect. */
export interface Setting<Name extends string = string> {
  readonly name: Name;
  /** The environment variable that gives the account `default` this setting. */
  readonly variable: string;
  /** True if the value must not be shown: it is read from the environment and kept out of logs and files. */
  readonly secret: boolean;
  /** Without it the provider plans and reads, and refuses every call as `unauthorized`. */
  readonly required: boolean;
  /** The setting without which this one means nothing, and which means nothing without this one. */
  readonly pairedWith?: Name;
  /** Used if the setting is not given; null for none. */
  readonly default: string | null;
  /** One sentence for the table in docs/providers.md. */
  readonly meaning: string;
}

/** A value for each setting; null if there is none. */
export type Account<Name extends string = string> = Readonly<Record<Name, string | null>>;

/** What the table of docs/providers.md says of a vendor, and its adapter does not. */
export interface VendorAbout {
  /** How a create whose reply was lost is resolved; null without a batch API. */
  readonly foundBy: string | null;
  /** Whether counts move while a batch runs. */
  readonly progress: boolean;
  /** Whether the vendor can call a webhook at the end of a batch. */
  readonly webhook: boolean;
  /** How long the vendor keeps results; null if it does not say. */
  readonly kept: string | null;
  /** What was not checked against the real service. */
  readonly unchecked: string;
}

/** The registry's entry of one vendor. */
export interface VendorEntry<Name extends string = string> {
  readonly settings: readonly Setting<Name>[];
  readonly about: VendorAbout;
  /**
   * What names the account at the vendor, if a setting does: keys are renewed, and another key of the same account sees the same batches. Absent where
   * only the key tells accounts apart; undefined if the setting is not given.
   */
  identify?(account: Account<Name>): string | undefined;
  /** Makes no call, and opens a bucket only for a call that needs one. An account without a required setting is allowed: the registry keeps such a provider from calling. */
  make(account: Account<Name>, openBucket: OpenBucket): Provider;
  /** Loads the vendor's SDK, which otherwise happens at the first call: it takes a tenth of a second. */
  loadSdk(): Promise<unknown>;
}

/** Fills in what was not given. */
export function resolveAccount<Name extends string>(
  settings: readonly Setting<Name>[],
  given: (setting: Setting<Name>) => string | null | undefined,
): Account<Name> {
  const values = settings.map((setting) => [setting.name, given(setting) ?? setting.default]);
  return Object.fromEntries(values) as Account<Name>;
}

/** Required settings that are not given. A blank one counts as not given. */
export function listMissing(settings: readonly Setting[], account: Account): readonly Setting[] {
  return settings.filter(({ name, required }) => required && (account[name] ?? '').trim() === '');
}

/** Of pairs of settings of which one is given: that one, and the other one. */
export function listHalves(settings: readonly Setting[], account: Account): readonly (readonly [Setting, Setting])[] {
  const isGiven = ({ name }: Setting): boolean => (account[name] ?? null) !== null;
  return settings.flatMap((first) => {
    const second = settings.find(({ name }) => name === first.pairedWith);
    if (second === undefined || isGiven(first) === isGiven(second)) return [];
    return isGiven(first) ? [[first, second] as const] : [[second, first] as const];
  });
}

/** The place to which an account may send anything; null if it is not bound to one. */
export const readRegion = (account: Readonly<Record<string, string | null>>): string | null => account.region ?? null;

/** The folder of the account's bucket, which ends in `/`; null if the vendor uses none, or if it is not given. */
export function readBucket({ bucket }: Readonly<Record<string, string | null>>): string | null {
  const folder = (bucket ?? '').trim().replace(/\/+$/, '');
  return folder === '' ? null : `${folder}/`;
}

/** Always set, because an SDK without an address would read its own environment variable. */
export function requireBaseUrl({ baseUrl }: Account<'baseUrl'>): string {
  if (baseUrl === null) throw new Error('a provider without a base URL: resolveAccount gives the default');
  return baseUrl.replace(/\/+$/, '');
}
