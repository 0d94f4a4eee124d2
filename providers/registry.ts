// The vendors there are, by name. A new one is a folder under vendors/ and a line in `ownEntries`, or a profile; the worker's configuration,
// the doctor's check of keys, the development stack and the contract tests are derived from it. docs/adding-a-provider.md names the rest.

import { createHmac } from 'node:crypto';
import { defaultAccount } from '../domain/job.ts';
import { type Account, listMissing, readBucket, resolveAccount, type Setting, type VendorEntry } from './account.ts';
import { noBuckets, type OpenBucket } from './bucket.ts';
import { hideKeys } from './hide-keys.ts';
import type { Provider } from './provider.ts';
import { elsewhere, keyless } from './refusing.ts';
import { anthropic } from './vendors/anthropic/index.ts';
import { azure } from './vendors/azure/index.ts';
import { bedrock } from './vendors/bedrock/index.ts';
import { shippedProfiles, toEntries } from './vendors/compatible/index.ts';
import type { Profiles } from './vendors/compatible/profile.ts';
import { digitalocean } from './vendors/digitalocean/index.ts';
import { fireworks } from './vendors/fireworks/index.ts';
import { gemini } from './vendors/gemini/index.ts';
import { mistral } from './vendors/mistral/index.ts';
import { openai } from './vendors/openai/index.ts';
import { openrouter } from './vendors/openrouter/index.ts';
import { vertex } from './vendors/vertex/index.ts';
import { xai } from './vendors/xai/index.ts';

export type Vendors = Readonly<Record<string, VendorEntry>>;

const ownEntries = {
  anthropic,
  azure,
  bedrock,
  digitalocean,
  fireworks,
  gemini,
  mistral,
  openai,
  openrouter,
  vertex,
  xai,
} as const satisfies Vendors;

/** Vendors with code of their own; the others are made from profiles. */
export const ownVendors: readonly string[] = Object.keys(ownEntries);

export const vendorEntries: typeof ownEntries & Vendors = { ...ownEntries, ...toEntries(shippedProfiles) };

/** By vendor, then by the account's name. */
export type Accounts = Readonly<Record<string, Readonly<Record<string, Account>>>>;

export interface Credentials {
  /** True where every required setting is given. Whether the vendor accepts it is for `check` to find out. */
  readonly present: boolean;
  /** False if nothing of the account is given, for example a server on this machine that needs no key: nobody may use it. */
  readonly isConfigured: boolean;
  /** The variable to set: of what is missing, else of the secret. */
  readonly variable: string;
}

export interface Providers {
  readonly names: readonly string[];
  /** The accounts of a vendor, by name. */
  accounts(name: string): readonly string[];
  /** Of another region than the given one, it refuses all calls. Undefined where no vendor or no account goes by that name. Without its required settings a provider refuses calls as `unauthorized`. */
  get(name: string, account?: string, region?: string | null): Provider | undefined;
  credentials(name: string, account?: string): Credentials;
  /** The folder of an account's bucket, which ends in `/`; null if it has none. */
  bucket(name: string, account: string): string | null;
  /** Tells the vendor's accounts apart without showing a key. Another salt gives other marks. */
  markAccount(name: string, account: string, salt: string): string;
}

/** Of the vendors that are shipped. A worker's own profiles add others. */
export const providerNames: readonly string[] = Object.keys(vendorEntries).toSorted();

/** A user's profile replaces a shipped one of the same name. The configuration refuses one with the name of a vendor that has code of its own. */
export function vendorsWith(profiles: Profiles): Vendors {
  return { ...vendorEntries, ...toEntries(profiles) };
}

export function createProviders(
  accounts: Accounts,
  vendors: Vendors = vendorEntries,
  openBucket: OpenBucket = noBuckets,
): Providers {
  const made = new Map(
    Object.entries(vendors).map(([name, entry]) => [
      name,
      new Map(
        Object.entries(accounts[name] ?? {}).map(([account, values]) => [
          account,
          makeProvider(entry, values, openBucket),
        ]),
      ),
    ]),
  );
  return {
    names: Object.keys(vendors).toSorted(),
    accounts: (name) => Object.keys(accounts[name] ?? {}),
    get: (name, account = defaultAccount, region = undefined) => inRegion(made.get(name)?.get(account), region),
    credentials: (name, account = defaultAccount) => readCredentials(vendors, accounts, name, account),
    bucket: (name, account) => readBucket(accounts[name]?.[account] ?? {}),
    markAccount: (name, account, salt) => markAccount(vendors[name], accounts[name]?.[account] ?? {}, salt),
  };
}

/** Loads the SDKs of the vendors that have an account with all it needs and a key. */
export async function loadSdks({ accounts, vendors }: { accounts: Accounts; vendors: Vendors }): Promise<void> {
  const usable = Object.entries(vendors).filter(([name, { settings }]) =>
    Object.values(accounts[name] ?? {}).some((account) => isUsable(settings, account)),
  );
  await Promise.all(usable.map(([, entry]) => entry.loadSdk()));
}

const isUsable = (settings: readonly Setting[], account: Account): boolean =>
  listMissing(settings, account).length === 0 && settings.some(({ required }) => required);

/** The accounts named `default`, one of each vendor; null stands for a variable that is not set. */
export function readDefaultAccounts(
  read: (variable: string) => string | null,
  vendors: Vendors = vendorEntries,
): Accounts {
  const accounts = Object.entries(vendors).map(([name, { settings }]) => [
    name,
    { [defaultAccount]: resolveAccount(settings, ({ variable }) => read(variable)) },
  ]);
  return Object.fromEntries(accounts);
}

/** An account may have been given another region since a job began: nothing of the job may go there. */
function inRegion(provider: Provider | undefined, region: string | null | undefined): Provider | undefined {
  if (provider === undefined || region === undefined) return provider;
  return provider.region === region ? provider : elsewhere(provider);
}

/** The first 64 bits of an HMAC. A key may be renewed within its account, so it counts only where nothing else names the account. */
function markAccount(entry: VendorEntry | undefined, account: Account, salt: string): string {
  const secrets = entry?.settings.filter(({ secret }) => secret) ?? [];
  const identity = entry?.identify?.(account) ?? [account.baseUrl, ...secrets.map(({ name }) => account[name])];
  return createHmac('sha256', salt).update(JSON.stringify(identity)).digest('hex').slice(0, 16);
}

function makeProvider(entry: VendorEntry, account: Account, openBucket: OpenBucket): Provider {
  const secrets = entry.settings.flatMap(({ name: setting, secret }) => (secret ? (account[setting] ?? []) : []));
  const provider = hideKeys(entry.make(account, openBucket), secrets);
  return listMissing(entry.settings, account).length === 0 ? provider : keyless(provider);
}

/** Where a person gives the setting. */
const nameOf = (name: string, account: string, setting: Setting): string =>
  account === defaultAccount ? setting.variable : `accounts.${name}.${account}.${setting.name} in NIGHTSHIFT_CONFIG`;

function readCredentials(vendors: Vendors, accounts: Accounts, name: string, account: string): Credentials {
  const settings = vendors[name]?.settings;
  const values = accounts[name]?.[account];
  if (settings === undefined || values === undefined) {
    return { present: false, isConfigured: false, variable: `the key of ${name}` };
  }
  const missing = listMissing(settings, values);
  const named = missing.length > 0 ? missing : settings.filter(({ secret }) => secret).slice(0, 1);
  const isConfigured = settings.some((setting) => (values[setting.name] ?? setting.default) !== setting.default);
  return {
    present: missing.length === 0,
    isConfigured,
    variable: named.map((setting) => nameOf(name, account, setting)).join(', '),
  };
}
