// The files and pages that name providers' environment variables: they name every setting of the registry, and no other.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Setting } from '../../providers/account.ts';
import { providerNames, vendorEntries } from '../../providers/registry.ts';
import { projectRoot } from '../../scripts/tools/cache.ts';
import { readCompose } from '../support/container-files.ts';

const read = (path: string): string => readFileSync(join(projectRoot, path), 'utf8');

const settings = providerNames.flatMap((provider) =>
  (vendorEntries[provider]?.settings ?? []).map((setting: Setting) => ({ provider, ...setting })),
);
const variables = settings.map(({ variable }) => variable).toSorted();

/** Variables of a provider: those that belong to neither Nightshift nor the services next to it. */
function listProviderVariables(names: readonly string[]): string[] {
  return names.filter((name) => !/^(NIGHTSHIFT|POSTGRES|PROMETHEUS|TEMPORAL)_/.test(name)).toSorted();
}

const listAssigned = (text: string): string[] => [...text.matchAll(/^([A-Z_]+)=/gm)].map((match) => match[1] ?? '');

test('.env.example names every setting of a provider, and no other', () => {
  expect(listProviderVariables(listAssigned(read('.env.example')))).toEqual(variables);
});

test('docker-compose.yml gives the worker every setting of a provider, and no other', () => {
  expect(listProviderVariables(Object.keys(readCompose().services.worker?.environment ?? {}))).toEqual(variables);
});

test('ops/emulator.env sets the keys and addresses of providers, and nothing else', () => {
  const used = settings.filter(({ name, required }) => required || name === 'baseUrl');
  expect(listAssigned(read('ops/emulator.env')).toSorted()).toEqual(used.map(({ variable }) => variable).toSorted());
});

test('the table of docs/providers.md is the settings of the registry', () => {
  const rows = [...read('docs/providers.md').matchAll(/^\| (`[A-Z_]+`.*) \|$/gm)].map((match) =>
    (match[1] ?? '').split('|').map((cell) => cell.trim()),
  );
  const expected = settings.map((setting) => [
    `\`${setting.variable}\``,
    `\`${setting.provider}\``,
    setting.required ? 'yes' : 'no',
    setting.default === null ? '' : `\`${setting.default}\``,
    setting.meaning,
  ]);
  expect(rows).toEqual(expected);
});
