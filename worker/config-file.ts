// The worker's configuration file, NIGHTSHIFT_CONFIG: further accounts of providers, profiles of compatible providers, rates, limits and
// tenants. It holds no secret, only the names of the variables that do.

import { z } from 'zod';
import { defaultAccount } from '../domain/job.ts';
import type { Tenant } from '../domain/sharing.ts';
import { readSettingsFile } from '../input/settings/settings-file.ts';
import { type Account, listHalves, resolveAccount, type Setting } from '../providers/account.ts';
import { type Accounts, ownVendors, readDefaultAccounts, type Vendors, vendorsWith } from '../providers/registry.ts';
import { profilesShape } from '../providers/vendors/compatible/profile.ts';
import { type ConfiguredLimits, limitFields, readLimits } from './limits-config.ts';

const value = z.union([z.string().min(1), z.strictObject({ env: z.string().min(1) })]);
const accountName = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/);

const rates = z.strictObject({
  createsPerHour: z.number().positive().optional(),
  callsPerSecond: z.number().positive().optional(),
});

const fileShape = z.strictObject({
  $schema: z.string().optional(),
  profiles: profilesShape.default({}),
  accounts: z.record(z.string(), z.record(accountName, z.record(z.string(), value))).default({}),
  rates: z.record(z.string(), z.record(accountName, rates)).default({}),
  ...limitFields,
});
type ConfigFile = z.output<typeof fileShape>;
type Read = (variable: string) => string | null;
type GivenAccount = Readonly<Record<string, z.output<typeof value>>>;

export interface ProviderConfig {
  readonly vendors: Vendors;
  readonly accounts: Accounts;
}

/** By provider, then by account. */
export type Rates = Readonly<Record<string, Readonly<Record<string, AccountRates>>>>;
export type AccountRates = z.output<typeof rates>;

export interface FileConfig {
  readonly providers: ProviderConfig;
  readonly rates: Rates;
  readonly tenants: Readonly<Record<string, Tenant>>;
  /** Null if nothing is limited. */
  readonly limits: ConfiguredLimits | null;
}

/** Without a file, each provider has one account, from its variables. Fails with all problems of the file together. */
export function readConfigFile(path: string | null, read: (variable: string) => string | null): FileConfig {
  const file = readSettingsFile('NIGHTSHIFT_CONFIG', path, fileShape);
  const vendors = vendorsWith(file.profiles);
  const problems = [...listProblems(file, vendors, read)];
  if (problems.length > 0) throw new Error(problems.map((problem) => `NIGHTSHIFT_CONFIG: ${problem}`).join('\n'));
  const accounts = resolveAll(file, vendors, read);
  requireWholePairs(accounts, vendors);
  return { providers: { vendors, accounts }, rates: file.rates, tenants: file.tenants, limits: readLimits(file) };
}

function resolveAll(file: ConfigFile, vendors: Vendors, read: Read): Accounts {
  const accounts = Object.entries(readDefaultAccounts(read, vendors)).map(([name, byDefault]) => {
    const settings = vendors[name]?.settings ?? [];
    const given = Object.entries(file.accounts[name] ?? {}).map(([account, values]) => [
      account,
      resolveGiven(settings, account, values, read),
    ]);
    return [name, { ...byDefault, ...Object.fromEntries(given) }];
  });
  return Object.fromEntries(accounts);
}

/** With half of a key, calls would be made as somebody else, or be refused much later. */
function requireWholePairs(accounts: Accounts, vendors: Vendors): void {
  const problems = Object.entries(accounts).flatMap(([name, byName]) =>
    Object.entries(byName).flatMap(([account, values]) =>
      listHalves(vendors[name]?.settings ?? [], values).map(
        ([given, missing]) =>
          `the account ${account} of ${name} has ${describe(given)} without ${describe(missing)}: give both or neither`,
      ),
    ),
  );
  if (problems.length > 0) throw new Error(problems.join('\n'));
}

const describe = ({ name, variable }: Setting): string => `${name} (${variable})`;

function* listProblems(
  { accounts, profiles, rates, limits = {} }: ConfigFile,
  vendors: Vendors,
  read: Read,
): Generator<string> {
  for (const name of Object.keys(profiles)) {
    if (ownVendors.includes(name)) {
      yield `profiles.${name}: this provider has code of its own; give the profile another name`;
    }
  }
  for (const [name, byName] of Object.entries(accounts)) {
    const settings = vendors[name]?.settings;
    if (settings === undefined) {
      yield `accounts.${name}: there is no such provider`;
      continue;
    }
    for (const [account, values] of Object.entries(byName)) {
      yield* listSettingProblems(`accounts.${name}.${account}`, settings, values, read);
      if (account === defaultAccount) yield* listConflicts(`accounts.${name}.${account}`, settings, values, read);
    }
  }
  yield* listUnknown('rates', rates, accounts, vendors);
  yield* listUnknown('limits', limits, accounts, vendors);
}

function* listUnknown(
  part: string,
  byProvider: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  accounts: ConfigFile['accounts'],
  vendors: Vendors,
): Generator<string> {
  for (const [name, byName] of Object.entries(byProvider)) {
    if (vendors[name] === undefined) yield `${part}.${name}: there is no such provider`;
    for (const account of Object.keys(byName)) {
      if (account !== defaultAccount && accounts[name]?.[account] === undefined) {
        yield `${part}.${name}.${account}: there is no such account`;
      }
    }
  }
}

function* listSettingProblems(
  where: string,
  settings: readonly Setting[],
  values: GivenAccount,
  read: Read,
): Generator<string> {
  for (const [name, given] of Object.entries(values)) {
    const setting = settings.find((each) => each.name === name);
    if (setting === undefined) {
      yield `${where}.${name}: there is no such setting; there are ${settings.map((each) => each.name).join(', ')}`;
    } else if (setting.secret && typeof given === 'string') {
      yield `${where}.${name}: put the secret into a variable, and name it here: {"env": "${setting.variable}"}`;
    } else if (typeof given === 'object' && read(given.env) === null && !(setting.secret && setting.required)) {
      // Its default would lead elsewhere, or to the machine's own account. A required key is said when a job needs it.
      yield `${where}.${name}: the variable ${given.env} is not set`;
    }
  }
}

/** It would not be clear which account is used and billed. A variable never stands in for another one that the file names. */
function* listConflicts(
  where: string,
  settings: readonly Setting[],
  values: GivenAccount,
  read: Read,
): Generator<string> {
  for (const { name, variable } of settings) {
    const given = values[name];
    const inVariable = read(variable);
    if (given === undefined || inVariable === null) continue;
    const inFile = readGiven(given, read);
    if (inFile === inVariable) continue;
    const conflict =
      inFile === null && typeof given === 'object'
        ? `${given.env} is not set, and ${variable} is not used instead`
        : `${variable} gives another value`;
    yield `${where}.${name}: ${conflict}: remove one of the two`;
  }
}

/** The account `default` has the variables of the settings that the file does not name. */
function resolveGiven(settings: readonly Setting[], account: string, values: GivenAccount, read: Read): Account {
  return resolveAccount(settings, ({ name, variable }) => {
    if (name in values) return readGiven(values[name], read);
    return account === defaultAccount ? read(variable) : null;
  });
}

const readGiven = (given: GivenAccount[string] | undefined, read: Read): string | null =>
  typeof given === 'object' ? read(given.env) : (given ?? null);
