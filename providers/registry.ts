// The vendors there are, by name. A new one is a folder under vendors/ and a line in `vendorEntries`; the worker's configuration, the
// doctor's check of keys, the development stack and the contract tests are derived from it. docs/adding-a-provider.md names the rest.

import {
  type Account,
  defaultAccount,
  listMissing,
  resolveAccount,
  type Setting,
  type VendorEntry,
} from './account.ts';
import { hideKeys } from './hide-keys.ts';
import { keyless } from './keyless.ts';
import type { Provider } from './provider.ts';
import { anthropic } from './vendors/anthropic/index.ts';
import { openai } from './vendors/openai/index.ts';

export const vendorEntries = { anthropic, openai } as const satisfies Record<string, VendorEntry>;

export type ProviderName = keyof typeof vendorEntries;

/** By vendor, then by the account's name. */
export type Accounts = Readonly<Record<ProviderName, Readonly<Record<string, Account>>>>;

export interface Credentials {
  /** True where every required setting is given. Whether the vendor accepts it is for `check` to find out. */
  readonly present: boolean;
  /** The variable to set: of what is missing, else of the secret. */
  readonly variable: string;
}

export interface Providers {
  readonly names: readonly ProviderName[];
  /** Undefined where no vendor or no account goes by that name. Without its required settings a provider refuses calls as `unauthorized`. */
  get(name: string, account?: string): Provider | undefined;
  credentials(name: string, account?: string): Credentials;
}

export const providerNames = Object.keys(vendorEntries) as readonly ProviderName[];

export function createProviders(accounts: Accounts): Providers {
  const made = new Map<string, ReadonlyMap<string, Provider>>(
    providerNames.map((name) => [
      name,
      new Map(Object.entries(accounts[name]).map(([account, values]) => [account, makeProvider(name, values)])),
    ]),
  );
  return {
    names: providerNames,
    get: (name, account = defaultAccount) => made.get(name)?.get(account),
    credentials: (name, account = defaultAccount) => readCredentials(accounts, name, account),
  };
}

/** Loads the SDKs of the vendors that have an account with all it needs. */
export async function loadSdks(accounts: Accounts): Promise<void> {
  const usable = providerNames.filter((name) =>
    Object.values(accounts[name]).some((account) => listMissing(vendorEntries[name].settings, account).length === 0),
  );
  await Promise.all(usable.map((name) => vendorEntries[name].loadSdk()));
}

/** The accounts named `default`, one of each vendor; null stands for a variable that is not set. */
export function readDefaultAccounts(read: (variable: string) => string | null): Accounts {
  const accounts = providerNames.map((name) => {
    const settings: readonly Setting[] = vendorEntries[name].settings;
    return [name, { [defaultAccount]: resolveAccount(settings, ({ variable }) => read(variable)) }];
  });
  return Object.fromEntries(accounts);
}

function makeProvider(name: ProviderName, account: Account): Provider {
  const entry: VendorEntry = vendorEntries[name];
  const secrets = entry.settings.flatMap(({ name: setting, secret }) => (secret ? (account[setting] ?? []) : []));
  const provider = hideKeys(entry.make(account), secrets);
  return listMissing(entry.settings, account).length === 0 ? provider : keyless(provider);
}

function readCredentials(accounts: Accounts, name: string, account: string): Credentials {
  const known = providerNames.find((each) => each === name);
  const values = known === undefined ? undefined : accounts[known][account];
  if (known === undefined || values === undefined) return { present: false, variable: `the key of ${name}` };
  const settings: readonly Setting[] = vendorEntries[known].settings;
  const missing = listMissing(settings, values);
  const named = missing.length > 0 ? missing : settings.filter(({ secret }) => secret).slice(0, 1);
  return { present: missing.length === 0, variable: named.map(({ variable }) => variable).join(', ') };
}
