// A vendor's words stay in its folders: what decides about jobs and batches, and what every vendor shares, knows none by name.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { batchFailures } from '../../domain/batch/state.ts';
import { itemReasons, refusalReasons } from '../../domain/outcome/outcome.ts';
import type { VendorFaults } from '../../providers/faults.ts';
import { ownVendors } from '../../providers/registry.ts';
import { projectRoot } from '../../scripts/tools/cache.ts';
import { requireEmulated } from './vendors/emulated-vendor.ts';

const folders = ['domain', 'workflows', 'providers/transport'];
const ownWords: ReadonlySet<string> = new Set([...itemReasons, ...refusalReasons, ...batchFailures]);

async function readFaults(name: string): Promise<VendorFaults> {
  const module: Readonly<Record<string, VendorFaults>> = await import(`../../providers/vendors/${name}/faults.ts`);
  const faults = module[`${name}Faults`];
  if (faults === undefined) throw new Error(`providers/vendors/${name}/faults.ts exports no ${name}Faults`);
  return faults;
}

function listCodes({ calls, items, batches, missingModel }: VendorFaults): string[] {
  const tables = [calls.codes, calls.codePrefixes, items.reasons, items.statuses, items.unrun, batches];
  return [...tables.flatMap((table) => Object.keys(table)), ...missingModel].filter((code) => !ownWords.has(code));
}

const codes = new Set((await Promise.all(ownVendors.map(readFaults))).flatMap(listCodes));
// The first part of a model's name is its family's, such as `gpt`.
const names = ownVendors.flatMap((name) => [name, requireEmulated(name).model.split('-')[0] ?? name]);

const files = folders.flatMap((folder) =>
  readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join(folder, path)),
);

test('no vendor, model or error code is named where all vendors are alike', () => {
  const words = new RegExp(`${names.join('|')}|\\b(?:${[...codes].join('|')})`, 'i');
  const found = files.flatMap((path) =>
    readFileSync(join(projectRoot, path), 'utf8')
      .split('\n')
      .flatMap((line, index) => (words.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : [])),
  );
  expect(found).toEqual([]);
});

test('there are words to look for, and files to look into', () => {
  expect(codes.size).toBeGreaterThan(20);
  expect(files.length).toBeGreaterThan(40);
});
