// The table of what each provider can do is made from the registry, and is the one on the page.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { replaceCapabilities } from '../../providers/published/capability-table.ts';
import { providerNames } from '../../providers/registry.ts';
import { projectRoot } from '../../scripts/tools/cache.ts';

const page = readFileSync(join(projectRoot, 'docs/providers.md'), 'utf8');

/** Columns are aligned on the page. */
const withoutSpaces = (text: string): string => text.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---');

test('the table of docs/providers.md is current; if not, run providers/published/write.ts and format it', () => {
  expect(withoutSpaces(page)).toBe(withoutSpaces(replaceCapabilities(page)));
});

test('every provider has a row', () => {
  const table = page.split('<!-- capabilities')[1] ?? '';
  for (const name of providerNames) expect(table).toContain(`| \`${name}\``);
});
